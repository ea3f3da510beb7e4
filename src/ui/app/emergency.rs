//! The frame of an emergency access: a line on every screen while it is open, with the minutes that are left, and the
//! word to auditors and administrators when somebody opens one.
use super::{APP, App, session::AppMsg};
use crate::{
    domain::{access::OpenEmergency, actor::Role},
    store::{Change, Error},
    text::{clean, cut, pad},
    tr,
    ui::{
        cx::{Cx, Effect},
        keymap::Key,
        layer::Moment,
        route::Route,
    },
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

impl App {
    /// Whether this person has anything to do there: the palette leaves out what their role refuses.
    pub(super) fn has_ways(&self, command: &str) -> bool {
        let Some(a) = &self.env.actor else { return false };
        let reviews = matches!(a.role, Role::Auditor | Role::Administrator);
        match command {
            "go.emergency" => reviews || a.provider.is_some(),
            "go.access" => {
                a.role == Role::Administrator
                    || a.role == Role::Nurse
                    || a.provider.is_some()
                    || a.patient.is_some()
            }
            _ => a.provider.is_some() || a.patient.is_some(),
        }
    }

    /// Whoever may break the glass goes there, whoever reviews to what is to be reviewed.
    pub(super) fn go_emergency(&mut self) {
        let to = match &self.env.actor {
            Some(a) if matches!(a.role, Role::Auditor | Role::Administrator) => Some(Route::Emergencies),
            Some(a) if a.provider.is_some() => Some(Route::Emergency),
            _ => None,
        };
        match to {
            Some(route) => self.run(APP, vec![Effect::Push(route)]),
            None => self.alarm(tr!("Only those with whom patients are booked break the glass.")),
        }
    }

    /// Asks the server which emergency access of this person is open.
    pub(super) fn ask_emergency(&mut self) {
        let Some(actor) = self.env.actor.clone().filter(|a| a.provider.is_some()) else { return };
        if self.runner.store().is_none() {
            return;
        }
        let mut cx: Cx<AppMsg> = Cx::new(APP, self.env.clone());
        cx.load(
            "app.emergency",
            move |store| async move { store.emergency_now(&actor).await },
            AppMsg::Emergency,
        );
        self.run(APP, cx.into_effects());
    }

    /// A minute has passed: the server's clock decides whether it is still open, ours when the server is away.
    pub(super) fn emergency_minute(&mut self) {
        if self.emergency.as_ref().is_some_and(|e| e.minutes_left(self.env.now()) == 0) {
            self.emergency_is(None);
        } else if self.emergency.is_some() {
            self.ask_emergency();
        }
    }

    /// Somebody opened, ended or reviewed one.
    pub(super) fn emergency_changed(&mut self, change: &Change) {
        let Change::Row(row) = change else {
            if *change == Change::Everything {
                self.ask_emergency();
            }
            return;
        };
        if row.entity != "emergency" {
            return;
        }
        self.ask_emergency();
        let reviews =
            self.env.actor.as_ref().is_some_and(|a| matches!(a.role, Role::Auditor | Role::Administrator));
        if reviews && row.op == "i" {
            let key =
                self.keymap.key_for(&["global"], "go.emergency").map(|k| Key::show(&k)).unwrap_or_default();
            self.alarm(tr!("Somebody opened an emergency access. {key} shows it for review.", key = key));
        }
    }

    pub(super) fn emergency_told(&mut self, open: Result<Option<OpenEmergency>, Error>) {
        match open {
            Ok(open) => self.emergency_is(open),
            Err(e) => tracing::debug!(error = %e, "which emergency access is open could not be asked"),
        }
    }

    pub(super) fn emergency_is(&mut self, open: Option<OpenEmergency>) {
        let ended = self.emergency.is_some() && open.is_none();
        self.dirty |= self.emergency != open;
        self.emergency = open;
        if ended {
            self.alarm(tr!("EMERGENCY ACCESS has ended. What you wrote stays open to you."));
            // What is on the screens was read through it.
            self.tell_all(Moment::Changed(&Change::Everything));
        }
    }

    /// Draws the line, if there is one, and says how many lines it took.
    pub(super) fn emergency_line(&self, frame: &mut Frame<'_>, area: Rect) -> u16 {
        let Some(e) = self.emergency.as_ref().filter(|_| self.env.actor.is_some()) else { return 0 };
        let left = tr!("{n} min left", n = e.minutes_left(self.env.now()));
        let key = self.keymap.key_for(&["global"], "go.emergency").map(|k| Key::show(&k)).unwrap_or_default();
        // A locked terminal names nobody.
        let who = if self.lock.is_some() {
            String::new()
        } else {
            format!("{} {:06}   ", clean(&e.name.to_string()), e.record_number)
        };
        let text =
            format!(" {}   {who}{left}   {}", tr!("EMERGENCY ACCESS"), tr!("{key} ends it", key = key));
        let cols = usize::from(area.width);
        let style = self.theme.alarm().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        frame.render_widget(Line::from(Span::styled(pad(&cut(&text, cols), cols), style)), area);
        1
    }
}
