//! `praxis waitlist`: who waits for a time and which times came free for them; `--add` puts a patient on the list, `--off` takes a
//! wish off it. By the store's own functions and the database's rules.
use super::{Desk, Run, Speaker, answer, failure};
use crate::{
    cli::{
        Context, Failure,
        output::{say, say_json},
    },
    domain::{
        dates,
        ids::{RequestId, WaitId},
        patient::record_number,
        queue::Priority,
        waitlist::{NewWait, Weekdays, Wish},
        why::Why,
    },
    search::desk_line,
    text::clean,
    tr,
    ui::freed,
};
use chrono::Days;
use clap::Args;
use std::process::ExitCode;
use uuid::Uuid;

/// For how many days somebody waits when nothing else is said, as on the screens.
const WAITS: u64 = 28;

/// Lists who waits for a time, urgent first, and the times that came free for them.
/// With --add puts a patient on the list; with --off takes a wish off it.
#[derive(Debug, Args)]
pub struct Waitlist {
    #[command(flatten)]
    speaker: Speaker,
    /// Put the patient of this record number on the list
    #[arg(long, value_name = "RECORD_NUMBER", conflicts_with = "off")]
    add: Option<i32>,
    /// Take the wish of this id off the list
    #[arg(long, value_name = "UUID")]
    off: Option<Uuid>,
    /// With whom: a name, an id, or a profession for anybody of it
    #[arg(long, value_name = "NAME", requires = "add")]
    provider: Option<String>,
    /// Only at this centre (default: where the account works)
    #[arg(long, value_name = "NAME", requires = "add")]
    centre: Option<String>,
    /// Until when, and in which part of the day: 2w, "fri mornings"
    #[arg(long, value_name = "WHEN", requires = "add")]
    when: Option<String>,
    /// Only on these days of the week: "mon wed", tue-fri (default: any)
    #[arg(long, value_name = "DAYS", default_value = "", requires = "add", hide_default_value = true)]
    weekdays: String,
    /// The code of a visit type
    #[arg(long, visible_alias = "type", value_name = "CODE", requires = "add")]
    visit_type: Option<String>,
    /// urgent, soon or routine
    #[arg(long, default_value = "routine", requires = "add", value_parser = ["urgent", "soon", "routine"])]
    priority: String,
    /// What else is to be known
    #[arg(long, default_value = "", requires = "add")]
    note: String,
    /// The id of the new wish (default: a new one)
    #[arg(long, value_name = "UUID", requires = "add")]
    id: Option<Uuid>,
}

impl Waitlist {
    fn wish(&self, desk: &Desk) -> Result<Wish, Failure> {
        let whom = self.provider.as_deref().ok_or_else(|| {
            Why::new("no_provider", tr!("With whom do they wait for a time?"))
                .instead(tr!("Give --provider a name, or a profession for anybody of it."))
        })?;
        let words: Vec<String> = whom.split_whitespace().map(str::to_owned).collect();
        let profession = desk_line::provider_reading(&words, &desk.directory).profession;
        let today = desk.today();
        let when = self.when.as_deref().map(|w| desk.when(w)).transpose()?.unwrap_or_default();
        if when.time.is_some() {
            let why = Why::new("only_the_day", tr!("--when takes a day and a part of it, and no time."))
                .instead(tr!("Write --when \"2w mornings\"."));
            return Err(why.into());
        }
        let last = when.day.or_else(|| today.checked_add_days(Days::new(WAITS))).unwrap_or(today);
        let own = desk.actor.workplace.as_ref().map(|w| w.centre);
        let weekdays = Weekdays::parse(&self.weekdays)?;
        if !weekdays.occur(today, last) {
            let why = Why::new(
                "line_wish_days",
                tr!(
                    "No {days} lies between {first} and {last}.",
                    days = weekdays.words(),
                    first = dates::short_day(today),
                    last = dates::short_day(last)
                ),
            );
            return Err(why.instead(tr!("Give --when a later end.")).into());
        }
        Ok(Wish {
            provider: if profession.is_some() { None } else { Some(desk.provider(whom)?) },
            profession,
            centre: self.centre.as_deref().map(|c| desk.centre(c)).transpose()?.or(own),
            visit_type: self.visit_type.clone(),
            part: when.part,
            weekdays,
            priority: Priority::from_code(&self.priority),
            ..Wish::between(today, last)
        })
    }

    async fn add(&self, desk: &Desk, record: i32, json: bool) -> Result<(), Failure> {
        let (store, actor) = (&desk.store, &desk.actor);
        let id = self.id.map_or_else(WaitId::new, WaitId);
        let there = match self.id {
            Some(_) => store.wait(actor, id).await.is_ok(),
            None => false,
        };
        if !there {
            let (patient, wish) = (desk.patient(record).await?, self.wish(desk)?);
            let new = NewWait { id, patient, wish, note: self.note.clone() };
            store.add_wait(actor, RequestId::new(), new).await.map_err(failure)?;
        }
        let (entry, _) = store.wait(actor, id).await.map_err(failure)?;
        let done = if there { tr!("On the waiting list already") } else { tr!("On the waiting list") };
        if json {
            say_json(&serde_json::json!({ "done": done, "wish": answer::wish(&entry) }));
        } else {
            say(&clean(&format!(
                "{done}: {}, {}  {}",
                entry.patient_name,
                entry.words(desk.today()),
                entry.id
            )));
        }
        Ok(())
    }

    async fn off(&self, desk: &Desk, id: WaitId, json: bool) -> Result<(), Failure> {
        let (store, actor) = (&desk.store, &desk.actor);
        let gone = |_| {
            Why::new("no_such_wish", tr!("There is no such wish on the waiting list for you."))
                .instead(tr!("praxis waitlist --json lists the ids."))
        };
        let (entry, _) = store.wait(actor, id).await.map_err(gone)?;
        store.withdraw_wait(actor, RequestId::new(), id, entry.version, false).await.map_err(failure)?;
        let done = tr!("Off the waiting list");
        if json {
            let (entry, _) = store.wait(actor, id).await.map_err(failure)?;
            say_json(&serde_json::json!({ "done": done, "wish": answer::wish(&entry) }));
        } else {
            say(&clean(&format!("{done}: {}, {}", entry.patient_name, entry.words(desk.today()))));
        }
        Ok(())
    }
}

impl Run for Waitlist {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        self.speaker.speak(context, async |desk| {
            if let Some(record) = self.add {
                self.add(desk, record, context.json).await?;
                return Ok(ExitCode::SUCCESS);
            }
            if let Some(id) = self.off {
                self.off(desk, WaitId(id), context.json).await?;
                return Ok(ExitCode::SUCCESS);
            }
            let list = desk.store.waiting_list(&desk.actor, false, true).await?;
            let freed = desk.store.freed_times(&desk.actor, false).await?;
            if context.json {
                let waits: Vec<_> = list.iter().map(answer::wish).collect();
                let free: Vec<_> = freed.times.iter().map(answer::freed).collect();
                say_json(&serde_json::json!({ "waiting": waits, "freed": free }));
                return Ok(ExitCode::SUCCESS);
            }
            let now = desk.store.clock().now();
            let rows: Vec<Vec<String>> = list
                .iter()
                .map(|e| {
                    vec![
                        e.wish.priority.word().to_owned(),
                        e.days(now).to_string(),
                        record_number(e.record_number),
                        e.patient_name.to_string(),
                        e.whom(),
                        e.when(desk.today()),
                        e.id.to_string(),
                    ]
                })
                .collect();
            answer::table(&["Priority", "Days", "Record", "Patient", "With", "When", "Id"], &rows);
            let Some(words) = freed::words(&freed, now) else { return Ok(ExitCode::SUCCESS) };
            say("");
            say(&words);
            let rows: Vec<Vec<String>> = freed
                .open(now)
                .map(|t| {
                    let at = t.time.period.starts_at(t.zone);
                    vec![
                        dates::full_day(at.date()),
                        dates::clock(at.time()),
                        t.time.period.minutes().to_string(),
                        t.provider_name.to_string(),
                        t.centre_name.clone(),
                        t.suits.to_string(),
                    ]
                })
                .collect();
            answer::table(&["Day", "Time", "Min", "Provider", "Centre", "Waiting"], &rows);
            Ok(ExitCode::SUCCESS)
        })
    }
}
