//! From a key to a command: typing first, then sequences by section, then what waits for an answer.
use super::{App, GUARD, Held};
use crate::{
    tr,
    ui::{
        command::{AppCommand, CommandSet, WidgetCommand},
        input::Input,
        keymap::{Found, Key},
        layer::Moment,
        screen::Used,
    },
};
use std::time::Duration;

/// How long line 23 says a thing at least, whatever is pressed meanwhile.
const READ_WITHIN: Duration = Duration::from_secs(3);

/// App commands that also work in a dialog.
fn works_in_dialogs(command: AppCommand) -> bool {
    use AppCommand::{Back, Help, Lock, Quit, Repaint, WhyNot};
    matches!(command, Help | Repaint | Back | Quit | Lock | WhyNot)
}

impl App {
    /// Something came from the terminal.
    pub fn input(&mut self, input: Input) {
        self.dirty = true;
        self.last_input = self.ticks.now();
        self.end_greeting();
        match input {
            Input::Key(key) if !self.held.is_empty() => {
                if key.is_esc() {
                    self.held.clear();
                    self.held_for = None;
                    self.say(tr!("What you typed ahead was dropped."));
                } else {
                    self.held.push_back(Held::Key(key));
                }
            }
            Input::Paste(text) if !self.held.is_empty() => self.held.push_back(Held::Paste(text)),
            Input::Key(key) => self.press(key),
            Input::Paste(text) => self.paste(&text),
            Input::Resize(..) => {}
            Input::HangUp => self.save_drafts(),
        }
    }

    /// The keymap sections that apply now: those of the layer on top, after what is carried along over every place.
    pub(super) fn sections(&mut self) -> Option<Vec<String>> {
        let carries = self.env.carried.is_some() && self.lock.is_none() && !self.dialog_on_top();
        let mut sections = self.top().map(|t| t.contexts())?;
        if carries {
            sections.insert(0, "carry".to_owned());
        }
        Some(sections)
    }

    fn paste(&mut self, text: &str) {
        if let Some(field) = self.top().and_then(|t| t.field()) {
            field.insert(text);
            self.tell_top(Moment::Edited);
        }
    }

    fn press(&mut self, key: Key) {
        if self.pending.is_empty()
            && let Some(c) = key.printable()
            && let Some(field) = self.top().and_then(|t| t.field())
            && field.takes(c)
        {
            field.insert(c.encode_utf8(&mut [0; 4]));
            self.tell_top(Moment::Edited);
            return;
        }
        if key.is_esc() && !self.pending.is_empty() {
            self.pending.clear();
            return;
        }
        if self.pending.is_empty() {
            self.pending_since = self.ticks.now();
        }
        self.pending.push(key);
        let Some(sections) = self.sections() else { return };
        if self.keymap.find(&sections, &self.pending) == Found::Prefix {
            return;
        }
        let keys = std::mem::take(&mut self.pending);
        self.forget_what_was_read();
        let candidates = self.keymap.candidates(&sections, &keys);
        if candidates.is_empty() && keys.len() > 1 {
            self.say(tr!("{keys} means nothing here.", keys = Key::show(&keys)));
        }
        let _ = candidates.into_iter().any(|id| self.ask(&id, &keys));
        if self.said.is_none() {
            self.said = self.done.take();
        }
    }

    /// What was said of an earlier key is not left standing under another screen. What can be taken back stays, but covers
    /// nothing of the body any more.
    fn forget_what_was_read(&mut self) {
        let now = self.ticks.now();
        match &mut self.said {
            Some(said) if now < said.since + READ_WITHIN => {}
            Some(said) if said.undo.is_some() => said.read = true,
            _ => self.said = None,
        }
    }

    /// What Enter does here; a keymap that gives this to Enter itself would never end.
    pub(super) fn press_enter(&mut self) {
        let enter = Key::named("enter");
        let sections = self.sections().unwrap_or_default();
        if !self.keymap.candidates(&sections, &[enter]).iter().any(|c| c == AppCommand::Enter.id()) {
            self.press(enter);
        }
    }

    /// Runs the command of this name if anybody knows it here.
    pub(super) fn ask(&mut self, id: &str, keys: &[Key]) -> bool {
        let env = self.env.clone();
        let now = self.ticks.now();
        let since = if self.lock.is_some() { None } else { self.layers.last().map(|e| e.since) };
        let forbidden = self.forbidden(id);
        let Some(top) = self.top() else { return false };
        let layer = top.id();
        match top.available(id) {
            Some(_) if let Some(why) = forbidden => {
                self.alarm(why.to_string());
                return true;
            }
            // Before what is refused: what is missing may be in the answer that it waits for.
            Some(_) if top.waits_for(id) => {
                self.held_for = Some(layer);
                keys.iter().rev().for_each(|k| self.held.push_front(Held::Key(*k)));
                return true;
            }
            Some(Err(why)) => {
                self.alarm(why.to_string());
                return true;
            }
            Some(Ok(())) if top.confirms(id) && since.is_some_and(|s| now < s + GUARD) => {
                self.say(tr!("That was typed before you could read this. Press again."));
                return true;
            }
            Some(Ok(())) => {
                let fx = top.command(id, &env).unwrap_or_default();
                self.run(layer, fx);
                return true;
            }
            None => {}
        }
        if let Some(command) = WidgetCommand::parse(id) {
            let moment = match top.act(command) {
                Used::No => return false,
                Used::Moved => Moment::Moved,
                Used::Edited => Moment::Edited,
            };
            let fx = top.tell(moment, &env);
            self.run(layer, fx);
            return true;
        }
        match AppCommand::parse(id) {
            Some(command)
                if self.lock.is_some() && !matches!(command, AppCommand::Repaint | AppCommand::Quit) =>
            {
                false
            }
            Some(command) if self.dialog_on_top() && !works_in_dialogs(command) => false,
            Some(command) => {
                self.app_command(command);
                true
            }
            None => false,
        }
    }

    /// Answers came: keys that waited for one go on, in order, until one of them waits again.
    pub(super) fn resume_held(&mut self) {
        let Some(layer) = self.held_for.take() else { return };
        if self.top().map(|t| t.id()) != Some(layer) {
            self.held.clear();
            return;
        }
        let mut rest = std::mem::take(&mut self.held);
        while let Some(next) = rest.pop_front() {
            match next {
                Held::Key(key) => self.press(key),
                Held::Paste(text) => self.paste(&text),
            }
            if self.held_for.is_some() {
                break;
            }
        }
        self.held.extend(rest);
    }
}
