//! What a user can ask for. Each screen declares its own commands; there is no global enum. `registry` lists them all.

/// One thing a person can ask for, as every table of commands shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandDef {
    /// The stable name that keymaps use: `booking.confirm`.
    pub id: &'static str,
    /// One to three words for hint bar and palette (English; looked up when shown).
    pub title: &'static str,
    /// One sentence for the help.
    pub help: &'static str,
    /// It cannot be undone: it must ask first, and no keymap may put it on one bare key.
    pub destructive: bool,
    /// A movement or an edit: it works everywhere of its kind, so the hint bar and the palette leave it out.
    pub quiet: bool,
    /// It ends what the screen is for: the hint bar shows it while typing too, with the Esc that leads to it.
    pub vital: bool,
    /// The action it leads to where its own name is none: a role that may not do that is not offered this.
    pub leads_to: Option<&'static str>,
}

impl CommandDef {
    /// The name of the action whose permission this command needs.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.leads_to.unwrap_or(self.id)
    }
}

/// The commands of one screen or widget; made by [`commands!`](crate::commands).
pub trait CommandSet: Copy + Send + 'static {
    /// Every command, in the order in which hints show them.
    const ALL: &'static [CommandDef];
    /// The command of this name.
    fn parse(id: &str) -> Option<Self>;
    /// The name of this command.
    fn id(self) -> &'static str;
}

/// Declares an enum of commands: `commands! { pub enum Command { Open: "patients.open" "Open" "Open the patient"; } }`.
/// After the help may follow `destructive` (asks first, never one bare key) or `quiet` (not in hints or palette)
/// or `vital` (hinted while typing too), and `=> "appointment.book"`, the action that it leads to.
#[macro_export]
macro_rules! commands {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($variant:ident : $id:literal $title:literal $help:literal $($flag:ident)* $(=> $action:literal)? ;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $(#[doc = $help] $variant,)* }
        impl $crate::ui::command::CommandSet for $name {
            const ALL: &'static [$crate::ui::command::CommandDef] = &[$({
                #[allow(unused_mut)]
                let mut def = $crate::ui::command::CommandDef {
                    id: $id, title: $title, help: $help, destructive: false, quiet: false,
                    vital: false, leads_to: None,
                };
                $(def.$flag = true;)*
                $(def.leads_to = Some($action);)?
                def
            },)*];
            fn parse(id: &str) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)* _ => None }
            }
            fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }
        }
    };
}

/// The commands of a screen that has none of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCommand {}

impl CommandSet for NoCommand {
    const ALL: &'static [CommandDef] = &[];
    fn parse(_: &str) -> Option<Self> {
        None
    }
    fn id(self) -> &'static str {
        match self {}
    }
}

commands! {
    /// What works everywhere.
    pub enum AppCommand {
        Palette: "app.palette" "go to" "Find any action, place or person by name";
        Line: "app.line" "command" "Type a command: book, move, cancel, check in, find, go, with a preview" quiet;
        Help: "app.help" "keys" "Show every key that works here";
        Undo: "app.undo" "undo" "Take back what was just done";
        Retry: "app.retry" "try again" "Ask the database again after an error";
        Back: "app.back" "back" "Close this and return to what was under it" quiet;
        Repaint: "app.repaint" "repaint" "Draw the whole screen again" quiet;
        Lock: "app.lock" "lock" "Hide everything until your password is typed; nothing is lost" quiet;
        SignOut: "app.sign-out" "sign out" "Save drafts, forget this session and show the sign-in screen" quiet;
        Enter: "app.enter" "open" "The same as Enter, for keymaps that open with another key" quiet;
        Quit: "app.quit" "quit" "Leave the program; running saves are finished first" quiet;
        Board: "go.board" "Board" "Go to today's board" quiet;
        Schedule: "go.schedule" "Schedule" "Go to the schedule of a day" quiet;
        Patients: "go.patients" "Patients" "Go to the patients" quiet;
        Providers: "go.providers" "Providers" "Go to the providers" quiet;
        Centres: "go.centres" "Centres" "Go to the medical centres" quiet;
        Records: "go.records" "Records" "Go to the visit records" quiet;
        Admin: "go.admin" "Administration" "Go to accounts, applications and settings" quiet;
        Audit: "go.audit" "Audit log" "Go to who did what, and when" quiet;
        Messages: "go.messages" "Inbox" "Go to what waits for you: results, messages, tasks, requests" quiet;
        Home: "go.home" "Home" "Go to the first screen of your role" quiet;
        Workplace: "go.workplace" "other centre" "Choose at which of your centres you work now" quiet;
        SignIns: "go.sign-ins" "my sign-ins" "See where you are signed in, and end what is not yours" quiet;
        Profile: "go.profile" "my profile" "See and change your name, user name, e-mail address and phone" quiet;
        SignUps: "go.sign-ups" "patients who register" "See which patients asked for an account, and decide" quiet;
        Fees: "go.fees" "fees" "Go to what is due and paid today" quiet;
        Figures: "go.figures" "figures" "Go to utilisation, no-shows, waits and the third free time" quiet;
        Waitlist: "go.waitlist" "waiting list" "Go to who waits for a time, and offer them one" quiet;
        SecondFactor: "go.second-factor" "my second factor" "Set up or remove the code that is asked beside your password" quiet;
        Password: "go.password" "my password" "Choose another password" quiet;
        WhyNot: "permissions.why" "why may I not?" "What your role may not do, here and everywhere, and who may" quiet;
        Permissions: "go.permissions" "Permissions" "Go to who may do what" quiet;
        LetGo: "carry.let-go" "let go" "Leave the appointment that was cut where it is" quiet;
        NextVisit: "visit.next" "next patient" "Start the visit of whoever waits next for you" quiet;
        Emergency: "go.emergency" "emergency access" "Break the glass, or see the emergency that is open; reviewers see those to review" quiet;
        Access: "go.access" "requests for access" "Go to the requests to read a record: yours, or those you answer" quiet;
        Connections: "go.connections" "connections" "Go to your connections" quiet;
        Subject: "go.subject" "everything about one person" "See, take out or erase what is kept about somebody; patients: about yourself" quiet;
        Place1: "go.1" "place 1" "Go to the first place of the second line" quiet;
        Place2: "go.2" "place 2" "Go to the second place" quiet;
        Place3: "go.3" "place 3" "Go to the third place" quiet;
        Place4: "go.4" "place 4" "Go to the fourth place" quiet;
        Place5: "go.5" "place 5" "Go to the fifth place" quiet;
        Place6: "go.6" "place 6" "Go to the sixth place" quiet;
        Place7: "go.7" "place 7" "Go to the seventh place" quiet;
        Place8: "go.8" "place 8" "Go to the eighth place" quiet;
        Place9: "go.9" "place 9" "Go to the ninth place" quiet;
    }
}

commands! {
    /// What lists, forms and fields understand; the widget with the focus is asked first.
    pub enum WidgetCommand {
        Next: "list.next" "down" "Select the next row" quiet;
        Previous: "list.previous" "up" "Select the row above" quiet;
        PageDown: "list.page-down" "page down" "Go down one page" quiet;
        PageUp: "list.page-up" "page up" "Go up one page" quiet;
        First: "list.first" "first" "Select the first row" quiet;
        Last: "list.last" "last" "Select the last row" quiet;
        Filter: "list.filter" "find" "Show only the rows that contain what you type";
        FilterKeep: "list.filter-keep" "keep" "Keep the filter and go back to the rows" quiet;
        FilterDrop: "list.filter-drop" "all rows" "Forget the filter" quiet;
        Sort: "list.sort" "sort" "Sort by the next column" quiet;
        FieldNext: "form.next" "next field" "Go to the next field" quiet;
        FieldPrevious: "form.previous" "field before" "Go to the field before" quiet;
        Accept: "form.accept" "accept" "Accept the field and go on" quiet;
        LeaveField: "form.leave-field" "leave the field" "Stop typing; the text stays" quiet;
        Edit: "form.edit" "edit" "Type in the field again" quiet;
        ChoiceNext: "form.choice-next" "next choice" "Take the next choice of the field" quiet;
        ChoicePrevious: "form.choice-previous" "choice before" "Take the choice before" quiet;
        Backspace: "text.backspace" "backspace" "Delete the character before the cursor" quiet;
        Delete: "text.delete" "delete" "Delete the character under the cursor" quiet;
        DeleteWord: "text.delete-word" "delete word" "Delete the word before the cursor" quiet;
        DeleteToStart: "text.delete-to-start" "delete to start" "Delete all before the cursor" quiet;
        DeleteToEnd: "text.delete-to-end" "delete to end" "Delete all after the cursor" quiet;
        Left: "text.left" "left" "Move the cursor left" quiet;
        Right: "text.right" "right" "Move the cursor right" quiet;
        WordLeft: "text.word-left" "word left" "Move one word left" quiet;
        WordRight: "text.word-right" "word right" "Move one word right" quiet;
        Start: "text.start" "start" "Move to the start of the line" quiet;
        End: "text.end" "end" "Move to the end of the line" quiet;
        Up: "text.up" "line up" "Move one line up" quiet;
        Down: "text.down" "line down" "Move one line down" quiet;
        Newline: "text.newline" "new line" "Begin a new line" quiet;
        TextUndo: "text.undo" "undo typing" "Take back the last change of the text" quiet;
    }
}
