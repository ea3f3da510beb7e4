//! A screen: its state, what the user can ask of it, what the world can tell it, and how it looks.
//!
//! A screen never waits and never draws by itself: it answers each call at once and asks for everything else through
//! [`Cx`], whose effects are labelled data. So a screen is tested with no terminal and no database.
pub use super::cx::{Answer, Cx, Effect, Env, Envelope, LayerId, Undo};
pub use super::draft::Keeps;
pub use super::layer::{Layer, Slot};
use super::{
    command::{CommandDef, CommandSet, WidgetCommand},
    keymap::Keymap,
    theme::Theme,
};
pub use crate::store::Change;
use crate::{domain::why::Why, ui::keymap::Key};
use ratatui::{Frame, layout::Rect};
use std::sync::Arc;

/// What leaving a screen would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// Nothing: it may be closed at once.
    Free,
    /// This: "2 unsaved fields". The person is asked.
    Ask(String),
}

/// How a screen is placed over what is under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It fills the body.
    Place,
    /// It is drawn over the body, which stays visible: pickers and dialogs.
    Dialog,
}

/// Where typing goes: one line or many. Widgets implement it; screens hand it out by [`Screen::field`].
pub trait TextInput {
    /// Text that was typed or pasted; the field cleans it and keeps to its length.
    fn insert(&mut self, text: &str);
    /// An edit or a movement (`text.*`); false when this field does not know it.
    fn edit(&mut self, command: WidgetCommand) -> bool;
    /// This character is typed into it; of one that is not, the keymap decides.
    fn takes(&self, _character: char) -> bool {
        true
    }
    /// Several lines: Enter, up and down belong to the text.
    fn many_lines(&self) -> bool {
        false
    }
    /// The whole text.
    fn text(&self) -> String;
}

/// What a widget made of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// Nothing: whoever is outside may use it.
    No,
    /// The selection or the focus moved; [`Screen::moved`] follows.
    Moved,
    /// The content changed; [`Screen::edited`] follows.
    Edited,
}

/// A list, table or form that has the focus: it is asked before the screen for `list.*`, `form.*` and `text.*`.
pub trait Widget {
    /// Keymap sections that apply now, most specific first, as `["list"]`.
    fn contexts(&self) -> &'static [&'static str];
    /// A command of the widgets' own vocabulary.
    fn act(&mut self, command: WidgetCommand) -> Used;
    /// Where typing goes now, if anywhere.
    fn field(&mut self) -> Option<&mut dyn TextInput>;
}

/// One screen, picker or dialog: a small machine of its own commands and messages.
pub trait Screen: Sized + Send + 'static {
    /// What the user can ask.
    type Command: CommandSet;
    /// What the world answers.
    type Msg: Send + 'static;

    /// Keymap sections, most specific first; those of the focused widget and `global` are added by themselves.
    fn contexts(&self) -> &[&str];
    /// The name of this place for the first line and the log.
    fn title(&self) -> String;
    /// The widget with the focus. Its commands and its field need no line of the screen's own.
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        None
    }
    /// Where typing goes, if anywhere; by itself the field of [`Screen::widget`].
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        self.widget().and_then(Widget::field)
    }
    /// Greys a command in hints, help and palette, and says why not.
    ///
    /// # Errors
    /// The refusal that is shown when its key is pressed nevertheless.
    fn available(&self, _command: Self::Command) -> Result<(), Why> {
        Ok(())
    }
    /// This command uses a result that is not here yet: it and all later keys wait for the next answer; Esc drops them.
    fn waits_for(&self, _command: Self::Command) -> bool {
        false
    }
    /// This command confirms something: within 300 ms of the layer's appearing it is answered "press again".
    fn confirms(&self, _command: Self::Command) -> bool {
        false
    }
    /// The keymap sections of a machine inside this one (a tab); they come before its own.
    fn inner_contexts(&self) -> Vec<String> {
        vec![]
    }
    /// The commands of a machine inside this one (a tab), beside its own.
    fn inner_commands(&self) -> &'static [CommandDef] {
        &[]
    }
    /// Whether such a command may run now; `None` when there is none of this name.
    fn inner_available(&self, _id: &str) -> Option<Result<(), Why>> {
        None
    }
    /// As [`Screen::waits_for`], for such a command.
    fn inner_waits_for(&self, _id: &str) -> bool {
        false
    }
    /// Runs such a command; false when there is none of this name.
    fn inner_command(&mut self, _id: &str, _cx: &mut Cx<Self::Msg>) -> bool {
        false
    }
    /// Under which name what is typed here is kept until it is saved; none while it is still being read, and where
    /// nothing is kept. Its layer does the rest ([`super::keeper`]).
    fn keeps(&self, _env: &Env) -> Option<Keeps> {
        None
    }
    /// What is typed and not saved, as text; none when there is nothing.
    fn typed(&self) -> Option<String> {
        None
    }
    /// Puts such a text back. It is added to what is typed already, which is never replaced.
    fn put_back(&mut self, _text: &str) {}
    /// What is kept has changed without a key being typed (a step was taken): asked after each command and answer.
    fn stepped(&mut self) -> bool {
        false
    }
    /// The layer was put on the stack: load what it shows.
    fn opened(&mut self, _cx: &mut Cx<Self::Msg>) {}
    /// The user asked.
    fn command(&mut self, command: Self::Command, cx: &mut Cx<Self::Msg>);
    /// The world answered.
    fn update(&mut self, msg: Self::Msg, cx: &mut Cx<Self::Msg>);
    /// The focused field changed.
    fn edited(&mut self, _cx: &mut Cx<Self::Msg>) {}
    /// The selection or the focused field is another one.
    fn moved(&mut self, _cx: &mut Cx<Self::Msg>) {}
    /// Somebody else's work, or the listener was lost.
    fn changed(&mut self, _change: &Change, _cx: &mut Cx<Self::Msg>) {}
    /// This layer is the top one again.
    fn resumed(&mut self, _cx: &mut Cx<Self::Msg>) {}
    /// `r` after an error: by itself what opening did.
    fn retry(&mut self, cx: &mut Cx<Self::Msg>) {
        self.opened(cx);
    }
    /// The layer goes, the terminal is gone or the program is told to leave: save drafts now; at most one second is waited.
    fn hang_up(&mut self, _cx: &mut Cx<Self::Msg>) {}
    /// It shows minutes: [`Screen::minute`] is called and a frame drawn when one has passed.
    fn needs_minute(&self) -> bool {
        false
    }
    /// A minute has passed.
    fn minute(&mut self, _cx: &mut Cx<Self::Msg>) {}
    /// What leaving would lose.
    fn leave(&self) -> Leave {
        Leave::Free
    }
    /// The person wants to go back; `false` keeps the screen, which has said why.
    fn goes_back(&mut self, _cx: &mut Cx<Self::Msg>) -> bool {
        true
    }
    /// Place or dialog.
    fn kind(&self) -> Kind {
        Kind::Place
    }
    /// The digits belong to this screen (tabs, a numbered list); the hint line says so.
    fn takes_digits(&self) -> Option<&'static str> {
        None
    }
    /// The last of them.
    fn digits(&self) -> u8 {
        9
    }
    /// What the letters and signs on this screen mean, for the help; nothing where there are none.
    fn marks(&self) -> &'static str {
        ""
    }
    /// Draws the state. It changes nothing but scroll offsets.
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui);
}

/// What a view may know besides its own state: colours, keys, the time and who is signed in.
#[derive(Clone)]
pub struct Ui {
    /// Colours and borders.
    pub theme: Theme,
    /// Clock and person.
    pub env: Env,
    /// The keymap, for showing keys in sentences.
    pub keymap: Arc<Keymap>,
    /// The layer being drawn is the top one and shows the cursor.
    pub focused: bool,
}

impl Ui {
    /// The key of a command in these sections, as a person would write it: `ctrl-s`. Empty when it has none.
    #[must_use]
    pub fn key(&self, contexts: &[&str], command: &str) -> String {
        self.keymap.key_for(contexts, command).map(|keys| Key::show(&keys)).unwrap_or_default()
    }
}
