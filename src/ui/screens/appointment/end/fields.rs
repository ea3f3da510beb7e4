//! The fields of the End tab: what they show of a visit, and what they say.
use crate::{
    domain::{
        dates,
        encounter::{Document, Visit, VisitField},
        money::{amount, cents},
        why::Why,
    },
    tr,
    ui::widgets::form::{Field, Form},
};
use chrono::NaiveDate;

/// The names of the fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum F {
    On,
    Notes,
    Fee,
    SickFrom,
    SickTo,
    Paper(Document),
}

/// The empty form.
pub(super) fn form() -> Form<F> {
    let mut form = Form::new()
        .with(F::On, Field::text(tr!("Follow-up")).max(20).hint(tr!("3w, fri, 12/3")))
        .with(F::Notes, Field::text(tr!("  notes")).max(500))
        .with(F::Fee, Field::text(tr!("Fee")).max(10))
        .with(F::SickFrom, Field::text(tr!("Sick note from")).max(20).hint(tr!("today, mon")))
        .with(F::SickTo, Field::text(tr!("  to")).max(20).hint(tr!("+3, fri")));
    for paper in Document::ALL {
        form = form.with(F::Paper(*paper), Field::toggle(tr!("Print {document}", document = paper.word())));
    }
    form
}

/// Shows the visit; nothing is typed in it afterwards.
pub(super) fn fill(form: &mut Form<F>, visit: &Visit) {
    let date = |d: Option<NaiveDate>| d.map(dates::long_date).unwrap_or_default();
    form.set(F::On, &date(visit.follow_up_on));
    form.set(F::Notes, &visit.follow_up_notes);
    form.set(F::Fee, &visit.fee_cents.map(amount).unwrap_or_default());
    form.set(F::SickFrom, &date(visit.sick_from));
    form.set(F::SickTo, &date(visit.sick_to));
    for paper in Document::ALL {
        let on = visit.documents.contains(paper);
        if form.is_on(F::Paper(*paper)) != on {
            form.set(F::Paper(*paper), if on { "yes" } else { "no" });
        }
    }
    form.saved();
}

/// What the fields say, group by group.
pub(super) fn read(form: &Form<F>, today: NaiveDate) -> Result<Vec<VisitField>, (F, Why)> {
    let date = |field: F| match form.filled(field) {
        None => Ok(None),
        Some(text) => read_date(&text, today).map(Some).map_err(|why| (field, why)),
    };
    let sick = (date(F::SickFrom)?, date(F::SickTo)?);
    let sick = match sick {
        (Some(from), None) => (Some(from), Some(from)),
        (None, Some(_)) => {
            return Err((F::SickFrom, Why::new("sick_note_ends", tr!("A sick note needs its first day."))));
        }
        both => both,
    };
    let fee = form.filled(F::Fee).map(|text| cents(&text).map_err(|why| (F::Fee, why))).transpose()?;
    let papers = Document::ALL.iter().copied().filter(|d| form.is_on(F::Paper(*d))).collect();
    Ok(vec![
        VisitField::FollowUp { on: date(F::On)?, notes: form.get(F::Notes) },
        VisitField::Fee(fee),
        VisitField::SickNote { from: sick.0, to: sick.1 },
        VisitField::Documents(papers),
    ])
}

/// A date to come, or one that stands in the field already.
fn read_date(text: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    if text.trim().eq_ignore_ascii_case("today") {
        return Ok(today);
    }
    crate::domain::when::parse_day(text, today)
}

/// Whether saving this would change the visit.
pub(super) fn differs(field: &VisitField, visit: &Visit) -> bool {
    match field {
        VisitField::ChiefComplaint(text) => *text != visit.chief_complaint,
        VisitField::FollowUp { on, notes } => *on != visit.follow_up_on || *notes != visit.follow_up_notes,
        VisitField::Fee(fee) => *fee != visit.fee_cents,
        VisitField::SickNote { from, to } => (*from, *to) != (visit.sick_from, visit.sick_to),
        VisitField::Documents(list) => {
            list.len() != visit.documents.len() || list.iter().any(|d| !visit.documents.contains(d))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_say_what_was_typed_group_by_group() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 12).unwrap();
        let mut form = form();
        form.set(F::On, "3w");
        form.set(F::Notes, "check");
        form.set(F::Fee, "85");
        form.set(F::SickFrom, "today");
        let read = read(&form, today).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 4, 2);
        assert_eq!(read[0], VisitField::FollowUp { on: day, notes: "check".into() });
        assert_eq!(read[1], VisitField::Fee(Some(8500)));
        assert_eq!(read[2], VisitField::SickNote { from: Some(today), to: Some(today) });
        assert_eq!(read[3], VisitField::Documents(vec![]));
    }
}
