//! The one line somebody reads who has just signed in: when they were here last, what was tried since, what else is open.
use super::cx::Env;
use crate::{
    domain::dates,
    store::{Arrival, Earlier},
    text::tr_n,
    tr,
};

/// Where a sign-in came from, in words: the server's address, or what SSH claimed.
#[must_use]
pub fn place(address: &str, claimed: Option<&str>) -> String {
    match (address, claimed.and_then(|c| c.strip_prefix("ssh "))) {
        ("local", None) => tr!("the clinic's host").into(),
        ("local", Some(from)) => tr!("{address} by SSH", address = from),
        (address, None) => address.to_owned(),
        (address, Some(from)) => tr!("{from} by SSH and {address}", from = from, address = address),
    }
}

fn from(earlier: &Earlier) -> String {
    let (address, claimed) =
        earlier.from.split_once(' ').map_or((earlier.from.as_str(), None), |(a, c)| (a, Some(c)));
    place(address, claimed)
}

/// The line; what is most alarming comes first, since a narrow terminal cuts the end.
pub(super) fn greeting(arrival: &Arrival, env: &Env) -> Option<String> {
    let when = |e: &Earlier| {
        let at = e.at.with_timezone(&env.zone()).naive_local();
        format!("{} {}", dates::short_day(at.date()), dates::clock(at.time()))
    };
    let mut parts = vec![];
    if arrival.failures > 0 {
        parts.push(tr_n(
            "{n} wrong password for your login since you were here.",
            "{n} wrong passwords for your login since you were here.",
            arrival.failures,
        ));
    }
    if let Some(other) = &arrival.other {
        parts.push(tr!(
            "You are also signed in from {place} since {when}.",
            place = from(other),
            when = when(other)
        ));
    }
    let last = arrival.last.as_ref()?;
    parts.push(tr!("Last sign-in {when}, {place}.", when = when(last), place = from(last)));
    Some(parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    #[test]
    fn the_greeting_says_failures_first_and_nothing_to_a_newcomer() {
        let env = Env::default();
        assert_eq!(greeting(&Arrival::default(), &env), None);
        let earlier = |hour, from: &str| Earlier {
            at: Utc.with_ymd_and_hms(2026, 3, 12, hour, 5, 0).unwrap(),
            from: from.into(),
        };
        let mut arrival = Arrival { last: Some(earlier(8, "local ssh 203.0.113.5")), ..Arrival::default() };
        assert_eq!(greeting(&arrival, &env).unwrap(), "Last sign-in Thu 12 Mar 08:05, 203.0.113.5 by SSH.");
        arrival.failures = 3;
        arrival.other = Some(earlier(7, "local"));
        assert_eq!(
            greeting(&arrival, &env).unwrap(),
            "3 wrong passwords for your login since you were here. You are also signed in from the clinic's host since \
             Thu 12 Mar 07:05. Last sign-in Thu 12 Mar 08:05, 203.0.113.5 by SSH."
        );
        assert_eq!(place("10.0.0.7", Some("ssh 203.0.113.5")), "203.0.113.5 by SSH and 10.0.0.7");
    }
}
