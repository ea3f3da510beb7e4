//! `praxis audit root`: a day's root for paper. What stands on paper in a drawer cannot be changed with the database.
use super::ledger;
use crate::{
    audit::{Root as Sealed, to_hex, to_words},
    cli::{
        Context, Failure, block_on,
        failure::{DATA, SOFTWARE},
        output::say,
    },
    clock::Clock,
    domain::time::instant,
    logging::cleaned,
    server::JOBS,
};
use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use clap::Args;
use qrcode::{EcLevel, QrCode};
use serde_json::json;
use std::process::ExitCode;

/// Prints the last root of a day: date, number, clinic, 16 words and a code to scan.
/// `praxis audit verify --words "..."` checks the words.
#[derive(Debug, Args)]
pub struct Root {
    /// The day, as in 2026-03-12 (default: today), in the clinic's zone
    #[arg(long, value_name = "DAY")]
    day: Option<NaiveDate>,
    /// The database login to use
    #[arg(long = "as", value_name = "LOGIN", default_value = JOBS)]
    login: String,
}

impl Root {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let (clinic, zone, day, root) = block_on(async {
            let mut ledger = ledger(&config, &self.login).await?;
            let (clinic, zone) = ledger.site().await?;
            let day = self.day.unwrap_or_else(|| Clock::system().now().with_timezone(&zone).date_naive());
            let end =
                day.checked_add_days(Days::new(1)).map(|next| instant(zone, next.and_time(NaiveTime::MIN)));
            let root = ledger.last_root(end).await?;
            ledger.close().await;
            Ok::<_, Failure>((clinic, zone, day, root))
        })??;
        let of_day = |r: &Sealed| r.at.with_timezone(&zone).date_naive() == day;
        let Some(root) = root.filter(of_day) else {
            return Err(Failure::new(
                DATA,
                format!("no root was made on {day}: nothing was written to the log, or no sealer ran"),
            ));
        };
        if context.json {
            let at = root.at.to_rfc3339();
            let answer = json!({
                "day": day, "root": root.n, "at": at, "clinic": clinic, "hash": to_hex(&root.hash), "words": to_words(&root.hash),
            });
            say(&answer.to_string());
        } else {
            say(&page(&clinic, zone, &root)?);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The page: the code on the left, the words on the right, at most 79 columns and 22 lines.
fn page(clinic: &str, zone: Tz, root: &Sealed) -> Result<String, Failure> {
    let at = root.at.with_timezone(&zone);
    let code = code(&format!("PRAXIS ROOT {} {}", root.n, to_hex(&root.hash).to_uppercase()))?;
    let mut beside = vec![
        String::new(),
        cleaned(&crate::text::cut(clinic, 36)),
        "Root of the audit log".to_owned(),
        String::new(),
        format!("Number  {}", root.n),
        format!("Made    {}", at.format("%d %b %Y %H:%M:%S")),
        format!("        {zone}"),
        String::new(),
    ];
    beside.extend(to_words(&root.hash).chunks(4).map(|four| four.join("  ")));
    beside.extend([
        String::new(),
        "Check:  praxis audit verify".to_owned(),
        "        --words \"...\"".to_owned(),
        String::new(),
        "Signed  ______________________".to_owned(),
    ]);
    let wide = code.iter().map(|l| l.chars().count()).max().unwrap_or_default();
    let lines = (0..code.len().max(beside.len())).map(|i| {
        let left = code.get(i).map_or("", String::as_str);
        let right = beside.get(i).map_or("", String::as_str);
        format!("{left:wide$}  {right}").trim_end().to_owned()
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// A QR code in half blocks, dark on light, with two light modules around it.
fn code(text: &str) -> Result<Vec<String>, Failure> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|e| Failure::new(SOFTWARE, e.to_string()))?;
    let width = code.width();
    let modules = code.to_colors();
    let dark = |x: usize, y: usize| {
        let inside = (2..width + 2).contains(&x) && (2..width + 2).contains(&y);
        inside && modules[(y - 2) * width + x - 2] == qrcode::Color::Dark
    };
    let side = width + 4;
    Ok((0..side.div_ceil(2))
        .map(|row| {
            (0..side)
                .map(|x| match (dark(x, 2 * row), dark(x, 2 * row + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                })
                .collect()
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Head, SigningKey};

    #[test]
    fn the_page_fits_a_terminal_of_80_by_24() {
        let head = Head { chain: uuid::Uuid::nil(), n: 1, hash: [0; 32] };
        let at = chrono::DateTime::from_timestamp(1_773_273_600, 0).unwrap();
        let mut root = Sealed::sign(&SigningKey::from_seed([1; 32]), None, at, &[head], 1);
        root.n = 999_999_999;
        let page = page(&"A clinic with a long name ".repeat(4), Tz::Australia__Sydney, &root).unwrap();
        assert!(page.lines().count() <= 23, "{}", page.lines().count());
        assert!(page.lines().all(|l| l.chars().count() < 80), "{page}");
        assert!(page.contains(&to_words(&root.hash)[..4].join("  ")));
        assert!(page.contains("Number  999999999") && page.contains("12 Mar 2026 11:00:00"));
    }
}
