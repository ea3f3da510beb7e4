//! The grammar of every screen: where and who (1), places (2), the body, what just happened (23), what works now (24).
use super::{App, Link, WHICH_KEY};
use crate::{
    text::{clean, cut, pad, tr_str, width, wrap},
    tr,
    ui::{
        command::{AppCommand, CommandDef, CommandSet, WidgetCommand},
        keymap::Key,
        palette::Item,
        registry, route,
        screen::{Kind, Ui},
        widgets::{hint_bar::Hint, which_key},
    },
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Clear,
};

/// The most lines a sentence on line 23 takes.
const MOST_SAID: usize = 4;

impl App {
    /// Draws the present state.
    pub fn view(&mut self, frame: &mut Frame<'_>) {
        self.dirty = false;
        let area = frame.area();
        if area.width < 40 || area.height < 8 {
            let text = tr!("Praxis needs 40 columns and 8 lines; this window has fewer.");
            crate::ui::widgets::sentence(frame, area, text);
            return;
        }
        let row = |y: u16| Rect::new(0, y, area.width, 1);
        self.status_line(frame, row(0));
        if self.lock.is_none() {
            self.places_line(frame, row(1));
        }
        let top = 2 + self.emergency_line(frame, row(2));
        let body = Rect::new(0, top, area.width, area.height - 2 - top);
        let mut ui = Ui {
            theme: self.theme,
            env: self.env.clone(),
            keymap: self.keymap.clone(),
            focused: self.lock.is_some(),
        };
        if let Some(lock) = &mut self.lock {
            lock.view(frame, body, &ui);
        } else {
            let first = self.layers.iter().rposition(|e| e.layer.kind() == Kind::Place).unwrap_or(0);
            let last = self.layers.len().saturating_sub(1);
            for (i, entry) in self.layers.iter_mut().enumerate().skip(first) {
                ui.focused = i == last;
                entry.layer.view(frame, body, &ui);
            }
        }
        if !self.pending.is_empty() && self.ticks.now() >= self.pending_since + WHICH_KEY {
            let sections = self.sections().unwrap_or_default();
            let rows: Vec<(String, String)> = self
                .keymap
                .next(&sections, &self.pending)
                .into_iter()
                .map(|(k, what)| {
                    (k.to_string(), registry::find(&what).map_or(what, |d| tr_str(d.title).into()))
                })
                .collect();
            let title = self
                .keymap
                .label(&self.pending)
                .map_or_else(|| Key::show(&self.pending), |l| tr_str(l).into());
            which_key::view(frame, body, &title, &rows, self.theme);
        }
        self.said_line(frame, row(area.height - 2));
        self.hint_line(frame, row(area.height - 1));
    }

    fn status_line(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let link = match self.link {
            Link::Up => if self.theme.ascii { "*" } else { "●" }.to_owned(),
            Link::Reconnecting(since) => match self.away(since).0 {
                seconds @ 0..60 => tr!("reconnecting {seconds} s", seconds = seconds),
                seconds => tr!("reconnecting {minutes} min", minutes = seconds / 60),
            },
            Link::ReadOnly => tr!("read only").to_owned(),
        };
        let cols = usize::from(area.width);
        // A locked terminal says neither where nor who: the lock itself names the login.
        let place =
            self.env.actor.as_ref().filter(|_| self.lock.is_none()).and_then(|a| a.workplace.as_ref());
        let left = place.map_or_else(|| " Praxis".into(), |w| format!(" Praxis  {}", clean(&w.name)));
        // What is at the right is shortened until a part of the place stays readable.
        let room = cols.saturating_sub(width(&left).min(" Praxis  ".len() + 12) + 2);
        let rights = if self.lock.is_some() { vec![link] } else { self.who_and_when(&link) };
        let right = rights.iter().find(|r| width(r) <= room).or(rights.last()).map_or("", String::as_str);
        let right = if self.theme.ascii { right.replace('·', "-") } else { right.to_owned() };
        let left = cut(&left, cols.saturating_sub(width(&right) + 2));
        let line = format!("{}{right} ", pad(&left, cols.saturating_sub(width(&right) + 1)));
        frame.render_widget(Line::styled(line, self.theme.strong()), area);
    }

    /// The right end of line 1, from the fullest to the shortest.
    fn who_and_when(&self, link: &str) -> Vec<String> {
        let Some(actor) = &self.env.actor else {
            return vec![if self.link == Link::Up { String::new() } else { link.to_owned() }];
        };
        let now = self.env.now().with_timezone(&self.env.zone());
        let (day, time) = (now.format("%a %d %b %H:%M"), now.format("%H:%M"));
        let (login, role) = (clean(&actor.login), tr_str(actor.role.word()));
        vec![
            format!("{day}   {login} · {role}  {link}"),
            format!("{day}   {login}  {link}"),
            format!("{time}  {login}  {link}"),
            format!("{time}  {link}"),
            link.to_owned(),
        ]
    }

    fn places_line(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let here = self.route().map_or("", route::section);
        let count = self.new_notices().map(|n| format!(" {n}")).unwrap_or_default();
        let words: usize = self.places.iter().map(|p| width(tr_str(p.word)) + 4).sum();
        // Two spaces follow each word, the last one's may fall off the edge.
        let all = words + width(&count) <= usize::from(area.width) + 1;
        let mut spans = vec![Span::raw(" ")];
        for (i, place) in self.places.iter().enumerate() {
            let at = place.command == here;
            let style = if at { self.theme.selected() } else { self.theme.text() };
            spans.push(Span::styled(format!("{} ", i + 1), self.theme.dim()));
            if all || at {
                spans.push(Span::styled(tr_str(place.word).to_owned(), style));
            }
            // What is new stays to be seen where the words have no room.
            if place.command == "go.messages" && !count.is_empty() {
                let count = if all || at { count.as_str() } else { count.trim_start() };
                spans.push(Span::styled(count.to_owned(), self.theme.strong()));
                spans.push(Span::raw("  "));
            } else if all || at {
                spans.push(Span::raw("  "));
            }
        }
        frame.render_widget(Line::from(spans), area);
    }

    fn said_line(&mut self, frame: &mut Frame<'_>, area: Rect) {
        if self.lock.is_some() {
            return;
        }
        let typing = self.top().is_some_and(|t| t.field().is_some());
        let waits = (!self.held.is_empty())
            .then(|| tr!("waiting for the answer; esc drops what you typed").to_owned());
        let said = || self.said.as_ref().map(|s| clean(&s.text).replace('\n', " "));
        let carried = || {
            let carried = self.env.carried.as_ref()?;
            let what = clean(&carried.label()).into_owned();
            Some(tr!("Cut: {what}   p pastes it, esc lets go", what = what))
        };
        let Some(text) = waits.or_else(said).or_else(carried) else {
            return;
        };
        let said = self.said.as_ref();
        let undo =
            said.filter(|s| s.undo.is_some()).and_then(|_| self.keymap.key_for(&["global"], "app.undo"));
        let offer = match undo.map(|k| Key::show(&k)) {
            Some(key) if typing => tr!("esc {key} undo", key = key),
            Some(key) => tr!("{key} undo", key = key),
            None => String::new(),
        };
        let style = if said.is_some_and(|s| s.alarm) { self.theme.alarm() } else { self.theme.text() };
        let cols = usize::from(area.width);
        let room = cols.saturating_sub(width(&offer) + 3).max(1);
        // What is longer than a line is read whole: it grows upwards, over the body.
        let mut lines = wrap(&text, room);
        // The greeting, whose end matters least, covers no offer of a text that was lost.
        let covers = self.greeted.is_none() || !self.top().is_some_and(|t| t.offers());
        // Nor does anything the line that is being typed at the foot of the body.
        let foot = self.top().is_some_and(|t| t.contexts().iter().any(|c| c == "command-line"));
        let most =
            if covers && !foot { usize::from(area.y.saturating_sub(2)).clamp(1, MOST_SAID) } else { 1 };
        if lines.len() > most {
            let rest = lines.split_off(most - 1).join(" ");
            lines.push(cut(&rest, room));
        }
        let last = lines.len().saturating_sub(1);
        let top = area.y.saturating_sub(last as u16);
        for (y, (i, text)) in (top..).zip(lines.iter().enumerate()) {
            let row = Rect { y, ..area };
            let offer = if i == last { offer.as_str() } else { "" };
            let line = Line::from(vec![
                Span::raw(" "),
                Span::styled(pad(text, room), style),
                Span::styled(format!(" {offer}"), self.theme.strong()),
            ]);
            frame.render_widget(Clear, row);
            frame.render_widget(line, row);
        }
    }

    fn hint_line(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let hints = self.hints();
        crate::ui::widgets::hint_bar::view(frame, area, &hints, self.theme);
    }

    /// What line 24 offers: the screen's own commands first, then lists and the app's.
    fn hints(&mut self) -> Vec<Hint> {
        let keymap = self.keymap.clone();
        let locked = self.lock.is_some();
        let dialog = self.dialog_on_top();
        let closed = self.closed_commands();
        let Some(sections) = self.sections() else { return vec![] };
        let Some(top) = self.top() else { return vec![] };
        let typing = top.field().is_some();
        let digits = top.takes_digits().map(|what| (what, top.digits()));
        let own: Vec<_> = top
            .commands()
            .iter()
            .filter(|c| !c.quiet && !closed.contains(&c.id) && matches!(top.available(c.id), Some(Ok(()))))
            .copied()
            .collect();
        let shared = WidgetCommand::ALL.iter().chain(AppCommand::ALL).filter(|c| {
            !c.quiet
                && !locked
                && !matches!(c.id, "app.undo" | "app.retry")
                && (!dialog || c.id == "app.help")
        });
        let signed_in = self.env.actor.is_some();
        let mut out: Vec<Hint> = vec![];
        for def in own.iter().chain(shared) {
            let fits = |k: &[Key]| !typing || k.first().is_some_and(|k| k.printable().is_none());
            let key = match keymap.key_for_where(&sections, def.id, fits) {
                Some(keys) => Key::show(&keys),
                // Behind Esc a letter works in a field too.
                None if def.vital => match keymap.key_for(&sections, def.id) {
                    Some(keys) => tr!("esc {key}", key = Key::show(&keys)),
                    None => continue,
                },
                None => continue,
            };
            let keep = def.vital || def.id == "app.palette" && signed_in || def.id == "app.help";
            out.push(Hint { key, title: tr_str(def.title).to_owned(), keep });
        }
        match digits {
            Some((what, last)) if !typing => {
                let hint = Hint { key: format!("1-{last}"), title: tr_str(what).to_owned(), keep: false };
                out.insert(0, hint);
            }
            _ => {}
        }
        out
    }

    /// What the palette offers before anything is typed: what works here, then the places.
    pub(super) fn palette_items(&mut self) -> Vec<Item> {
        let keymap = self.keymap.clone();
        let mut items = vec![];
        let closed = self.closed_commands();
        let administers = self.env.actor.is_some() && self.forbidden("permission.propose").is_none();
        let decides = self.env.actor.is_some() && self.forbidden("account.register").is_none();
        if let Some(top) = self.top() {
            let sections = top.contexts();
            let key = |id: &str| keymap.key_for(&sections, id).map(|k| Key::show(&k)).unwrap_or_default();
            let works =
                |c: &&CommandDef| !closed.contains(&c.id) && matches!(top.available(c.id), Some(Ok(())));
            for def in top.commands().iter().filter(works) {
                items.push(Item::command(tr_str(def.title), tr_str(def.help), key(def.id), def.id));
            }
            let signed_in = self.env.actor.is_some();
            let undo = self.done.is_some() || self.said.as_ref().is_some_and(|s| s.undo.is_some());
            let everywhere = [
                "app.undo",
                "app.retry",
                "app.help",
                "permissions.why",
                "go.permissions",
                "go.sign-ups",
                "go.fees",
                "go.waitlist",
                "go.figures",
                "app.lock",
                "go.sign-ins",
                "go.profile",
                "go.second-factor",
                "go.password",
                "go.messages",
                "go.emergency",
                "go.access",
                "go.connections",
                "go.subject",
                "app.sign-out",
                "app.quit",
            ];
            for id in everywhere {
                let offered = match id {
                    "app.undo" => undo,
                    "go.permissions" => administers,
                    "go.sign-ups" => decides,
                    "go.fees" => signed_in && self.forbidden("fees.open").is_none(),
                    "go.waitlist" => signed_in && self.forbidden("waitlist.open").is_none(),
                    "go.figures" => signed_in && self.forbidden("report.open").is_none(),
                    "go.subject" => signed_in && self.forbidden("subject.export").is_none(),
                    "go.emergency" | "go.access" | "go.connections" => self.has_ways(id),
                    "app.lock" | "app.sign-out" | "permissions.why" | "go.sign-ins" | "go.messages"
                    | "go.profile" | "go.second-factor" | "go.password" => signed_in,
                    _ => true,
                };
                if !offered {
                    continue;
                }
                if let Some(def) = registry::find(id) {
                    items.push(Item::command(tr_str(def.title), tr_str(def.help), key(id), id));
                }
            }
        }
        for place in &self.places {
            let key = self.keymap.key_for(&["global"], place.command).map(|k| Key::show(&k));
            items.push(Item::place(tr_str(place.word), key.unwrap_or_default(), place.route.clone()));
        }
        items
    }
}
