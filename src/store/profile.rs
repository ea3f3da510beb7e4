//! One's own profile: name, user name, e-mail address and phone. The server changes these fields of the speaker's own
//! account and no other; numbers are shown, and changed by the clinic.
use super::{Error, Event, Store, account, stale};
use crate::{
    domain::{
        account::{Profile, ProfileNumbers},
        actor::Actor,
        contact,
        ids::RequestId,
        name::PersonName,
    },
    text::words,
};
use std::collections::BTreeMap;

impl Store {
    /// One's own profile with the numbers that the clinic keeps.
    ///
    /// # Errors
    /// [`Error::NoSession`]; those of the line to the server.
    pub async fn profile(&self, actor: &Actor) -> Result<(i64, Profile, ProfileNumbers), Error> {
        let me = actor.account.0;
        self.read(actor, move |c| {
            Box::pin(async move {
                let r = sqlx::query!(
                    r#"select a.version, d.login as "login!", d.email, a.family_name, a.given_name, d.phone,
                              p.provider_number as "provider?", p.registration_number as "registration?",
                              p.licence_number as "licence?", t.record_number as "record?",
                              t.national_number as "national?", t.medicare_number as "medicare?"
                       from clinic.account a
                       join clinic.account_details() d on d.id = a.id
                       left join clinic.provider p on p.account_id = a.id
                       left join clinic.patient t on t.account_id = a.id
                       where a.id = $1"#,
                    me
                )
                .fetch_one(c)
                .await?;
                let profile = Profile {
                    login: r.login,
                    email: r.email.unwrap_or_default(),
                    name: PersonName::new(r.family_name, r.given_name),
                    phone: r.phone.unwrap_or_default(),
                };
                let numbers = ProfileNumbers {
                    record: r.record.map(|n| format!("{n:06}")),
                    national: r.national,
                    medicare: r.medicare,
                    provider: r.provider,
                    registration: r.registration,
                    licence: r.licence,
                };
                Ok((r.version, profile, numbers))
            })
        })
        .await
    }

    /// Changes one's own profile that was read as version `seen`. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Duplicate`] when user name or e-mail address is used by anybody of any role.
    pub async fn change_profile(
        &self,
        actor: &Actor,
        request: RequestId,
        seen: i64,
        profile: Profile,
    ) -> Result<i64, Error> {
        let me = actor.account;
        let event = Event::new("profile.change", "account").id(me);
        let arguments = (seen, profile.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let (found, families) = name_words(&profile.name);
                let version = sqlx::query_scalar!(
                    "select clinic.change_profile($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    seen,
                    profile.login,
                    profile.email,
                    profile.name.family,
                    profile.name.given,
                    profile.phone,
                    contact::phone_digits(&profile.phone),
                    account::name_key(&profile.name),
                    &found,
                    &families
                )
                .fetch_one(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::account(c, me.0).await?),
                }
            })
        })
        .await
    }
}

/// The folded words of a name, and whether each is of the family name: what patients are found by.
pub(super) fn name_words(name: &PersonName) -> (Vec<String>, Vec<bool>) {
    let mut kept: BTreeMap<String, bool> = BTreeMap::new();
    for (part, family) in [(&name.family, true), (&name.given, false)] {
        for word in words(part) {
            *kept.entry(word).or_default() |= family;
        }
    }
    kept.into_iter().unzip()
}
