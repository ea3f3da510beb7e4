//! A screen with its types erased, so that one stack holds any of them. Nothing here knows a particular screen.
use super::{
    command::{CommandDef, CommandSet, WidgetCommand},
    cx::{Cx, Effect, Env, LayerId},
    keeper::{KeepMsg, Keeper},
    screen::{Kind, Leave, Screen, TextInput, Ui, Used},
};
use crate::{
    domain::{ids::DraftId, why::Why},
    store::Change,
    ui::widgets::{put, split_top},
};
use ratatui::{Frame, layout::Rect, widgets::Clear};
use std::any::Any;

/// What the layer was asked beside its own commands.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'a> {
    /// It was put on the stack.
    Opened,
    /// It is the top one again.
    Resumed,
    /// Its field changed.
    Edited,
    /// Its selection or focus moved.
    Moved,
    /// `r` after an error.
    Retry,
    /// Save drafts, the program leaves.
    HangUp,
    /// The person said that what is typed is not wanted.
    Discard,
    /// A minute has passed.
    Minute,
    /// Somebody else's work.
    Changed(&'a Change),
}

/// One screen on the stack.
pub trait Layer: Send {
    /// Its name, unique for the life of the program.
    fn id(&self) -> LayerId;
    /// Its place in words.
    fn title(&self) -> String;
    /// Keymap sections, most specific first, the widget's included.
    fn contexts(&mut self) -> Vec<String>;
    /// Its own commands.
    fn commands(&self) -> Vec<CommandDef>;
    /// Whether the command of this name may run now; `None` when it is not this layer's.
    fn available(&self, id: &str) -> Option<Result<(), Why>>;
    /// Whether the command must wait for an answer.
    fn waits_for(&self, id: &str) -> bool;
    /// Whether the command confirms something.
    fn confirms(&self, id: &str) -> bool;
    /// Runs the command of this name; `None` when it is not this layer's.
    fn command(&mut self, id: &str, env: &Env) -> Option<Vec<Effect>>;
    /// Offers a widget's command to the focused widget.
    fn act(&mut self, command: WidgetCommand) -> Used;
    /// Where typing goes.
    fn field(&mut self) -> Option<&mut dyn TextInput>;
    /// An answer, with the drafts of the dialog that gives it; `None` when it is not of this screen's type.
    fn deliver(&mut self, msg: Box<dyn Any + Send>, drafts: Vec<DraftId>, env: &Env) -> Option<Vec<Effect>>;
    /// Something happened.
    fn tell(&mut self, moment: Moment<'_>, env: &Env) -> Vec<Effect>;
    /// It shows minutes.
    fn needs_minute(&self) -> bool;
    /// What leaving would lose.
    fn leave(&self) -> Leave;
    /// It keeps what is typed in it.
    fn keeps(&self) -> bool;
    /// And that works now.
    fn is_kept(&self) -> bool;
    /// Whether the person's wish to go back closes it, and what it does then.
    fn goes_back(&mut self, env: &Env) -> (bool, Vec<Effect>);
    /// Place or dialog.
    fn kind(&self) -> Kind;
    /// The digits are its own, for this.
    fn takes_digits(&self) -> Option<&'static str>;
    /// The last of them.
    fn digits(&self) -> u8;
    /// What its letters and signs mean.
    fn marks(&self) -> &'static str;
    /// Whether its last line offers a text that was not saved.
    fn offers(&self) -> bool;
    /// Draws it.
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui);
    /// The screen itself, for tests.
    fn screen(&self) -> &dyn Any;
}

/// A screen and the id of its layer.
pub struct Slot<S> {
    id: LayerId,
    /// The screen.
    pub screen: S,
    keeper: Keeper,
}

impl<S: Screen> Slot<S> {
    /// Puts a screen into a layer.
    #[must_use]
    pub fn new(id: LayerId, screen: S) -> Self {
        Self { id, screen, keeper: Keeper::default() }
    }

    fn with(&mut self, env: &Env, f: impl FnOnce(&mut S, &mut Cx<S::Msg>)) -> Vec<Effect> {
        let mut cx = Cx::new(self.id, env.clone()).with_drafts(self.keeper.closes());
        f(&mut self.screen, &mut cx);
        cx.into_effects()
    }

    /// Lets the keeper of what is typed do its part, and tells the screen when text was put back.
    fn keep(&mut self, env: &Env, f: impl FnOnce(&mut Keeper, &mut S, &mut Cx<KeepMsg>)) -> Vec<Effect> {
        let mut cx = Cx::new(self.id, env.clone());
        f(&mut self.keeper, &mut self.screen, &mut cx);
        let mut effects = cx.into_effects();
        if self.keeper.put_back() {
            effects.extend(self.with(env, S::edited));
        }
        effects
    }
}

impl<S: Screen> Layer for Slot<S> {
    fn id(&self) -> LayerId {
        self.id
    }
    fn title(&self) -> String {
        self.screen.title()
    }
    fn contexts(&mut self) -> Vec<String> {
        let mut all = self.keeper.contexts();
        all.extend(self.screen.inner_contexts());
        all.extend(self.screen.contexts().iter().map(ToString::to_string));
        let mut add = |section: &str| {
            if !all.iter().any(|s| s == section) {
                all.push(section.to_owned());
            }
        };
        if let Some(widget) = self.screen.widget() {
            widget.contexts().iter().for_each(|s| add(s));
        }
        if let Some(field) = self.screen.field() {
            if field.many_lines() {
                add("text-area");
            }
            add("text");
        }
        add("global");
        all
    }
    fn commands(&self) -> Vec<CommandDef> {
        [self.keeper.commands(), self.screen.inner_commands(), S::Command::ALL].concat()
    }
    fn available(&self, id: &str) -> Option<Result<(), Why>> {
        match S::Command::parse(id) {
            Some(c) => Some(self.screen.available(c)),
            None => self.keeper.available(id).or_else(|| self.screen.inner_available(id)),
        }
    }
    fn waits_for(&self, id: &str) -> bool {
        S::Command::parse(id).map_or_else(|| self.screen.inner_waits_for(id), |c| self.screen.waits_for(c))
    }
    fn confirms(&self, id: &str) -> bool {
        S::Command::parse(id).is_some_and(|c| self.screen.confirms(c))
    }
    fn command(&mut self, id: &str, env: &Env) -> Option<Vec<Effect>> {
        if let Some(command) = self.keeper.understands(id) {
            return Some(self.keep(env, |k, s, cx| k.command(command, s, cx)));
        }
        let mut known = true;
        let effects = self.with(env, |s, cx| match S::Command::parse(id) {
            Some(command) => s.command(command, cx),
            None => known = s.inner_command(id, cx),
        });
        let mut effects = effects;
        if self.screen.stepped() {
            effects.extend(self.keep(env, |k, s, cx| k.edited(s, cx)));
        }
        known.then_some(effects)
    }
    fn act(&mut self, command: WidgetCommand) -> Used {
        let used = self.screen.widget().map_or(Used::No, |w| w.act(command));
        if used != Used::No {
            return used;
        }
        let edited = self.screen.field().is_some_and(|field| field.edit(command));
        if edited { Used::Edited } else { Used::No }
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.screen.field()
    }
    fn deliver(
        &mut self,
        msg: Box<dyn Any + Send>,
        mut drafts: Vec<DraftId>,
        env: &Env,
    ) -> Option<Vec<Effect>> {
        let msg = match msg.downcast::<S::Msg>() {
            Ok(msg) => msg,
            Err(other) => {
                let msg = other.downcast::<KeepMsg>().ok()?;
                return Some(self.keep(env, |k, s, cx| k.update(*msg, s, cx)));
            }
        };
        drafts.extend(self.keeper.closes());
        let mut cx = Cx::new(self.id, env.clone()).with_drafts(drafts);
        self.screen.update(*msg, &mut cx);
        let mut effects = cx.into_effects();
        let stepped = self.screen.stepped();
        effects.extend(self.keep(env, |k, s, cx| if stepped { k.edited(s, cx) } else { k.look(s, cx) }));
        Some(effects)
    }
    fn tell(&mut self, moment: Moment<'_>, env: &Env) -> Vec<Effect> {
        let mut effects = self.with(env, |s, cx| match moment {
            Moment::Opened => s.opened(cx),
            Moment::Resumed => s.resumed(cx),
            Moment::Edited => s.edited(cx),
            Moment::Moved => s.moved(cx),
            Moment::Retry => s.retry(cx),
            Moment::HangUp => s.hang_up(cx),
            Moment::Discard => {}
            Moment::Minute => s.minute(cx),
            Moment::Changed(change) => s.changed(change, cx),
        });
        effects.extend(self.keep(env, |k, s, cx| match moment {
            Moment::Opened => k.look(s, cx),
            Moment::Edited => k.edited(s, cx),
            Moment::Moved | Moment::HangUp => k.keep(s, cx),
            Moment::Discard => k.discard(cx),
            Moment::Changed(change) => k.changed(change, s, cx),
            _ => {}
        }));
        effects
    }
    fn needs_minute(&self) -> bool {
        self.screen.needs_minute()
    }
    fn leave(&self) -> Leave {
        self.screen.leave()
    }
    fn keeps(&self) -> bool {
        self.keeper.keeps()
    }
    fn is_kept(&self) -> bool {
        self.keeper.is_well()
    }
    fn goes_back(&mut self, env: &Env) -> (bool, Vec<Effect>) {
        let mut goes = true;
        let effects = self.with(env, |s, cx| goes = s.goes_back(cx));
        (goes, effects)
    }
    fn kind(&self) -> Kind {
        self.screen.kind()
    }
    fn takes_digits(&self) -> Option<&'static str> {
        self.screen.takes_digits()
    }
    fn digits(&self) -> u8 {
        self.screen.digits()
    }
    fn marks(&self) -> &'static str {
        self.screen.marks()
    }
    fn offers(&self) -> bool {
        self.keeper.offers()
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        // A place gives its last line to what is said of its kept text; below a dialog it lies free.
        let kept = self.keeper.line(ui);
        let [body, last] = match self.screen.kind() {
            Kind::Place if self.keeper.keeps() => split_top(area, area.height.saturating_sub(1)),
            _ => [area, Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area }],
        };
        self.screen.view(frame, body, ui);
        if let Some((text, style)) = kept.filter(|_| ui.focused) {
            frame.render_widget(Clear, last);
            put(frame, last, 0, &text, style);
        }
    }
    fn screen(&self) -> &dyn Any {
        &self.screen
    }
}
