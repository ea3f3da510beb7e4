//! Every rule the database keeps, as a sentence: what is refused, for which fact, and what works instead.
//!
//! The database names the rule and hands over the facts; the words are the program's, so that they can be translated.
use crate::{domain::why::Why, text::tr_n, tr};
use serde_json::Value;

mod access;
mod account;
mod availability;
mod booking;
mod fee;
mod merging;
mod permission;
mod queue;
mod record;
mod referral;
mod sealing;
mod sign_in;
mod waitlist;

pub(super) use permission::because;

/// The refusal of `rule`, a name given in the migrations, with the facts the database added.
#[must_use]
pub fn why(rule: &str, facts: &Value) -> Why {
    let fact = |name: &str| match &facts[name] {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let (sentence, instead): (String, String) = match rule {
        "appointment_provider_overlap" if !fact("time").is_empty() => {
            (booking::taken(facts), tr!("Choose another time; the list shows what is free now.").into())
        }
        "appointment_patient_overlap" if !fact("time").is_empty() => (
            tr!(
                "The patient already has an appointment at {time} with {with}, {centre}.",
                time = fact("time"),
                with = fact("with"),
                centre = fact("centre")
            ),
            tr!("Choose another time, or move that appointment.").into(),
        ),
        "appointment_provider_overlap" => {
            (tr!("That time is already taken with this provider.").into(), tr!("Choose another time.").into())
        }
        "appointment_patient_overlap" => (
            tr!("The patient already has an appointment at that time.").into(),
            tr!("Choose another time, or move the other appointment.").into(),
        ),
        "overbook_not_permitted" => (
            tr!("Only reception, administrators and the provider overbook a session.").into(),
            tr!("Choose a free time, or ask one of them.").into(),
        ),
        "overbook_needs_reason" => {
            (tr!("Overbooking needs a reason.").into(), tr!("Write the reason first.").into())
        }
        "overbook_cap" => (
            tr!(
                "The session already has {cap} overbooked appointments, as many as are allowed.",
                cap = fact("cap")
            ),
            tr!("Choose another session.").into(),
        ),
        "walk_in_today" => (
            tr!("Walk-ins and emergencies are for today.").into(),
            tr!("Book a time on the other day instead.").into(),
        ),
        "viewers_not_for_you" => (
            tr!("Who looked at a record is told to the patient, to auditors and to administrators.").into(),
            tr!("The patient can look it up after signing in.").into(),
        ),
        "too_many_messages" => (
            tr!("So many messages have arrived this hour that no more are taken.").into(),
            tr!("Try again later, or telephone the clinic.").into(),
        ),
        "clinic_box_closed" => {
            (tr!("The clinic takes no messages here yet.").into(), tr!("Telephone the clinic.").into())
        }
        "message_is_sent" => {
            (tr!("A message that was sent does not change.").into(), tr!("Write another one.").into())
        }
        "numbers_are_locked" => (
            tr!("Record, national and Medicare numbers are changed by staff only.").into(),
            tr!("Ask at the desk.").into(),
        ),
        "nothing_in_the_past" => (
            tr!("That time has passed: nothing is booked in the past.").into(),
            tr!("Choose a later time.").into(),
        ),
        "too_far_ahead" => (
            tr!("That is more than {days} days ahead.", days = fact("days")),
            tr!("Choose an earlier date.").into(),
        ),
        "nobody_with_themselves" | "not_for_oneself" => (
            tr!("Nobody is booked with themselves, and staff do not book for themselves.").into(),
            tr!("Ask a colleague.").into(),
        ),
        "specialist_needs_referral" => (
            tr!("Specialists take referred patients only, and there is no open referral to this one.").into(),
            tr!("The patient's GP writes it in the End tab of a visit.").into(),
        ),
        "provider_books_only_own_patients" => (
            tr!("You book with yourself only patients you already see.").into(),
            tr!("Reception makes the first appointment.").into(),
        ),
        "not_a_slot" => (
            tr!("That is not a slot of one of the provider's sessions there.").into(),
            tr!("Choose a slot from the list.").into(),
        ),
        "patient_deactivated" => {
            (tr!("This patient is deactivated.").into(), tr!("Reactivate the patient first.").into())
        }
        "patient_blocked" => (
            tr!("This patient may not be booked until {until}.", until = fact("until")),
            tr!("An administrator can lift it.").into(),
        ),
        "provider_deactivated" => {
            (tr!("This provider does not work here any more.").into(), tr!("Choose another provider.").into())
        }
        "appointment_edge" => (
            tr!(
                "An appointment that is {from} cannot become {to}.",
                from = status(&fact("from")),
                to = status(&fact("to"))
            ),
            tr!("Look at what it is now; R on the board takes a check-in, a no-show or a cancellation back.")
                .into(),
        ),
        "appointment_only_today" => (
            tr!("Only today's appointments can arrive or start; this one is on {day}.", day = fact("day")),
            tr!("Move it to today, or wait for the day.").into(),
        ),
        "no_show_before_start" => (
            tr!("The appointment has not started yet, so nobody failed to come.").into(),
            tr!("Cancel it instead.").into(),
        ),
        "only_booked_moves" => (
            tr!("Only an appointment that is still booked can be moved.").into(),
            tr!("Book a new one.").into(),
        ),
        "appointment_keeps_its_patient" => {
            (tr!("An appointment keeps its patient.").into(), tr!("Cancel it and book another one.").into())
        }
        "appointment_starts_booked" => (
            tr!("An appointment begins as booked; only who walked in has arrived already.").into(),
            tr!("Book it, then check the patient in with space.").into(),
        ),
        "desk_only" => (
            tr!("Only reception, nurses and those whom patients are booked with do that.").into(),
            tr!("Ask at the desk.").into(),
        ),
        "administrators_only" => {
            (tr!("Only administrators do that.").into(), tr!("Ask an administrator of the clinic.").into())
        }
        "cancel_needs_reason" => (
            tr!("A cancellation needs a reason.").into(),
            tr!("Write it in the question that follows X, or behind `for` in the command line.").into(),
        ),
        "clinic_session_overlap" => (
            tr!("The provider already has a session at that time, here or at another centre.").into(),
            tr!("Choose other hours, or remove the other session.").into(),
        ),
        "session_has_bookings" => (
            tr_n(
                "The session has {n} booking outside the new hours.",
                "The session has {n} bookings outside the new hours.",
                fact("bookings"),
            ),
            tr!("Move or cancel them first.").into(),
        ),
        "session_removed_with_bookings" => (
            tr_n(
                "The session has {n} booking, so it cannot be removed.",
                "The session has {n} bookings, so it cannot be removed.",
                fact("bookings"),
            ),
            tr!("Move or cancel them first.").into(),
        ),
        "session_slots_of_bookings" => (
            tr_n(
                "{n} booking of the session would no longer begin with a slot.",
                "{n} bookings of the session would no longer begin with a slot.",
                fact("bookings"),
            ),
            tr!("Keep the start and the slot length, or move the bookings first.").into(),
        ),
        "session_in_the_past" => {
            (tr!("That session would be over already.").into(), tr!("Choose a later date or end.").into())
        }
        "session_not_their_centre" => (
            tr!("The provider does not work at that centre.").into(),
            tr!("Choose one of their centres, or ask an administrator to add it.").into(),
        ),
        "session_centre_retired" => {
            (tr!("That centre is closed for good.").into(), tr!("Choose another centre.").into())
        }
        "session_keeps_its_provider" => (
            tr!("A session keeps its provider and its centre.").into(),
            tr!("Add another session instead.").into(),
        ),
        "date_alone_not_for_patients" => {
            (tr!("A date alone is not enough.").into(), tr!("Name the provider or the centre too.").into())
        }
        "records_not_for_role" => (
            tr!("Your role reads no visit records.").into(),
            tr!("Those who treat the patient, and the patient, read them.").into(),
        ),
        "no_own_record" => (
            tr!("No patient record belongs to your account yet.").into(),
            tr!("Ask reception to connect it.").into(),
        ),
        "read_no_relationship" => (
            tr!("You do not treat this patient: there is no appointment with you.").into(),
            tr!("Once an appointment is booked with you, the history opens.").into(),
        ),
        "read_expired" => (
            tr!("Your last visit with this patient is too long ago.").into(),
            tr!("A new appointment opens the history again.").into(),
        ),
        "read_only_cancelled" => (
            tr!("Every appointment of this patient with you was cancelled or missed.").into(),
            tr!("A new appointment opens the history.").into(),
        ),
        "read_strict" => (
            tr!("In this clinic only the patient and the author read a record.").into(),
            tr!("Ask the author, or the patient.").into(),
        ),
        "provider_hours_overlap" => (
            tr!("The provider already has hours on that weekday at that time, here or at another centre.")
                .into(),
            tr!("Change the other hours first.").into(),
        ),
        "signed_is_signed" => (
            tr!("A signed visit never changes.").into(),
            tr!("Add an addendum, or mark your own note as entered in error.").into(),
        ),
        "start_own_visits" => (
            tr!("Only the provider it was booked with starts this visit.").into(),
            tr!("Open one of your own, or have reception move the appointment.").into(),
        ),
        "only_its_provider" => (
            tr!("Only the visit's own provider changes, ends, pauses or voids it.").into(),
            tr!("Add a note of your own.").into(),
        ),
        "sign_needs_complaint" => (
            tr!("A visit needs a chief complaint before it is signed.").into(),
            tr!("Write it in the Examination tab.").into(),
        ),
        "sign_needs_diagnosis" => (
            tr!("Your profession signs a visit with at least one diagnosis.").into(),
            tr!("Add one in the Diagnosis tab; free text is enough.").into(),
        ),
        "void_needs_reason" => {
            (tr!("Voiding a visit needs a reason.").into(), tr!("Write the reason first.").into())
        }
        "visit_edge" => (
            tr!("A visit that is {from} cannot become {to}.", from = fact("from"), to = fact("to")),
            tr!("Open the visit again to see what it is now.").into(),
        ),
        "visit_without_appointment" => (
            tr!("The appointment of this visit is not in progress any more.").into(),
            tr!("Look at it on the board.").into(),
        ),
        "visit_of_another_appointment"
        | "visit_keeps_its_patient"
        | "row_of_another_patient"
        | "row_keeps_its_visit"
        | "entry_keeps_its_list" => (
            tr!("That belongs to another patient or visit; nothing was saved.").into(),
            tr!("Close this and open the patient again.").into(),
        ),
        "follow_up_says_when" => {
            (tr!("A follow-up needs a date or a note.").into(), tr!("Write one of them.").into())
        }
        "sick_note_ends" => {
            (tr!("A sick note needs its first and its last day.").into(), tr!("Write both dates.").into())
        }
        "note_needs_text" => (
            tr!("A note needs a text; only its title may be empty.").into(),
            tr!("Write the text, or go back with Esc.").into(),
        ),
        "strike_own_rows" => (
            tr!("Only who wrote it marks it as entered in error, and only once.").into(),
            tr!("Add a note of your own.").into(),
        ),
        "draft_closed" => (
            tr!("This text was saved or discarded meanwhile.").into(),
            tr!("What you type from now on is kept anew.").into(),
        ),
        "allergy_state_follows_list" => (
            tr!("Whether allergies are listed follows from the list.").into(),
            tr!("Add the allergy to the list.").into(),
        ),
        "encounter_of_appointment" => {
            (tr!("This appointment already has a visit.").into(), tr!("Open the visit that is there.").into())
        }
        "one_main_diagnosis" => (
            tr!("The visit already has a main diagnosis.").into(),
            tr!("Add this one as an additional diagnosis.").into(),
        ),
        "test_edge" => (
            tr!(
                "A test that is {from} cannot become {to}.",
                from = status(&fact("from")),
                to = status(&fact("to"))
            ),
            tr!("A test with a result is not cancelled; order a new one.").into(),
        ),
        "warning_needs_reason" => (
            fact("warning"),
            tr!("To prescribe it nevertheless, give the reason; it is kept with the prescription.").into(),
        ),
        "audit_append_only" => (
            tr!("The log cannot be changed.").into(),
            tr!("What was wrong is put right where it was entered; the log keeps both.").into(),
        ),
        "too_many_applications" => (
            tr!("Too many applications arrived within the last hour.").into(),
            tr!("Try again later, or call the clinic.").into(),
        ),
        "not_your_own_account" => (
            tr!("Nobody deactivates their own account or changes its role.").into(),
            tr!("Ask another administrator.").into(),
        ),
        "last_administrator" => (
            tr!("This is the last administrator; the clinic would have none.").into(),
            tr!("Make somebody else an administrator first.").into(),
        ),
        "provider_stays_provider" => (
            tr!("Patients are booked with this person, so the account stays a provider's.").into(),
            tr!("Deactivate it and add a second account for the other work.").into(),
        ),
        "affiliation_has_sessions" => (
            tr!("The provider still has {n} sessions planned at that centre.", n = fact("sessions")),
            tr!("Remove them in the schedule first.").into(),
        ),
        "centre_has_sessions" => (
            tr!("{n} sessions are still planned at this centre.", n = fact("sessions")),
            tr!("Remove them in the schedule first.").into(),
        ),
        "affiliation_has_hours" => (
            tr!("The provider still has weekly hours at that centre.").into(),
            tr!("Remove the hours first.").into(),
        ),
        "registration_pending_key" => (
            tr!("An application with that e-mail address is already waiting.").into(),
            tr!("The clinic answers by e-mail or phone.").into(),
        ),
        "setting_value" | "setting_value_retention" => (
            tr!("The policy does not take that value.").into(),
            tr!("Its line in the list of policies says what it takes.").into(),
        ),
        "login_name_pkey" | "account_login_key" | "account_email_key" => {
            (tr!("That login or e-mail address is already used.").into(), tr!("Choose another one.").into())
        }
        "patient_national_key" => duplicate_patient(tr!("That national number").into()),
        "patient_medicare_key" => duplicate_patient(tr!("That Medicare number").into()),
        "centre_number_key" => {
            (tr!("A centre with that number is already there.").into(), tr!("Open that one.").into())
        }
        "centre_name_key" => {
            (tr!("A centre of that name is already there.").into(), tr!("Open that one.").into())
        }
        "department_centre_id_name_key" => (
            tr!("The centre already has a department of that name.").into(),
            tr!("Change that one, or give another name.").into(),
        ),
        "provider_number_key" | "provider_registration_key" => (
            tr!("That provider or registration number belongs to somebody else.").into(),
            tr!("Check the number.").into(),
        ),
        "sick_note_period" => {
            (tr!("A sick note ends on or after the day it starts.").into(), tr!("Check both dates.").into())
        }
        other => {
            let known = referral::why(other, facts)
                .or_else(|| record::why(other, facts))
                .or_else(|| queue::why(other, facts))
                .or_else(|| fee::why(other, facts))
                .or_else(|| permission::why(other, facts))
                .or_else(|| sign_in::why(other, facts))
                .or_else(|| account::why(other, facts))
                .or_else(|| availability::why(other, facts))
                .or_else(|| access::why(other, facts))
                .or_else(|| booking::why(other, facts))
                .or_else(|| merging::why(other, facts))
                .or_else(|| sealing::why(other, facts))
                .or_else(|| waitlist::why(other, facts));
            return known.unwrap_or_else(|| {
                Why::new(other, tr!("A rule of the database refuses that ({rule}).", rule = other)).instead(
                    tr!("Nothing was saved. Check what was typed; an administrator can look the rule up."),
                )
            });
        }
    };
    let why = Why::new(rule, sentence);
    if instead.is_empty() { why } else { why.instead(instead) }
}

fn duplicate_patient(number: String) -> (String, String) {
    (
        tr!("{number} is already used by another patient.", number = number),
        tr!("Find that patient instead of registering twice.").into(),
    )
}

fn status(code: &str) -> String {
    code.replace('_', " ")
}
