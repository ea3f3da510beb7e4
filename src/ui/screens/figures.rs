//! The figures of the desk: one at a time over the last weeks, a line of marks for each provider at each centre, the selected one
//! week by week, and all of it as a CSV file.
use crate::{
    domain::{
        dates::short_day,
        figure::{Figure, FigureRow, csv_rows, shown},
        why::Why,
    },
    store::Error,
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{
            self, chart,
            prompt::Prompt,
            table::{Column, Table},
            tabs::{self, Tab},
        },
    },
};
use chrono::{Duration, NaiveDate};
use ratatui::{Frame, layout::Rect};
use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// How many weeks are shown.
const WEEKS: i64 = 12;

crate::commands! {
    /// What the figures understand.
    pub enum Command {
        Utilisation: "figures.utilisation" "utilisation" "How much of the sessions is booked";
        NoShows: "figures.no-shows" "no-shows" "How many do not come";
        Waits: "figures.waits" "waits" "How long people wait";
        ThirdFree: "figures.third-free" "third free" "How soon a third time is free";
        Save: "figures.save" "to a file" "Write this figure into a CSV file";
    }
}

/// What the screen is told.
pub enum Msg {
    Loaded(Figure, NaiveDate, Result<Vec<FigureRow>, Error>),
    File(Option<String>),
    Saved(PathBuf, Result<(), String>),
}

struct Line {
    row: FigureRow,
    overall: String,
    last: String,
    spark: String,
}

/// The screen.
pub struct Figures {
    figure: Figure,
    table: Table<Line>,
    rows: Vec<FigureRow>,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            figure: Figure::default(),
            rows: vec![],
            table: Table::new(|l: &Line| key(&l.row))
                .column(Column::new("Provider", |l: &Line| l.row.provider_name.clone()).grow(14))
                .column(Column::new("Centre", |l: &Line| l.row.centre_name.clone()).width(16).priority(5))
                .column(Column::new("Weeks", |l: &Line| l.spark.clone()).width(12).priority(3))
                .column(Column::new("Last", |l: &Line| l.last.clone()).width(12).right().priority(2))
                .column(Column::new("All", |l: &Line| l.overall.clone()).width(8).right())
                .uncounted()
                .empty("There is nothing to count in these weeks."),
        }
    }
}

/// A row's own id: its provider's and its centre's together.
fn key(row: &FigureRow) -> uuid::Uuid {
    uuid::Uuid::from_u128(row.provider.0.as_u128() ^ row.centre.0.as_u128().rotate_left(1))
}

impl Figures {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (figure, to) = (self.figure, cx.env().today());
        let from = to - Duration::weeks(WEEKS);
        self.table.loading();
        cx.load(
            "figures",
            move |store| async move { store.figure(&actor, figure, from, to, true).await },
            move |rows| Msg::Loaded(figure, to, rows),
        );
    }

    fn redraw(&mut self, theme: crate::ui::theme::Theme) {
        let figure = self.figure;
        let lines = self.rows.iter().map(|row| {
            let series: Vec<f64> = row.points.iter().filter_map(|p| p.value).collect();
            let newest = row.points.last();
            let last = shown(figure, newest.and_then(|p| p.value));
            Line {
                overall: shown(figure, row.overall()),
                last: match newest.and_then(|p| p.by) {
                    Some(by) => format!("{last} ({by})"),
                    None => last,
                },
                spark: chart::spark(&series, theme),
                row: row.clone(),
            }
        });
        self.table.set_rows(lines.collect());
    }
}

/// Writes the figure into a new file of mode 0600; cells that a spreadsheet would run are made harmless.
fn write(file: &Path, figure: Figure, rows: &[FigureRow]) -> Result<(), String> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let made = made.map_err(|e| tr!("{file} cannot be made: {why}", file = file.display(), why = e))?;
    let mut out = csv::Writer::from_writer(made);
    let mut done = Ok(());
    for line in csv_rows(figure, rows) {
        let cells = line.map(|cell| crate::text::csv_cell(&cell).into_owned());
        done = done.and_then(|()| out.write_record(cells).map_err(std::io::Error::other));
    }
    done.and_then(|()| out.flush())
        .map_err(|e| tr!("{file} could not be written: {why}", file = file.display(), why = e))
}

impl Screen for Figures {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["figures"]
    }
    fn title(&self) -> String {
        tr!("Figures of the desk").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn takes_digits(&self) -> Option<&'static str> {
        Some(tr!("figures"))
    }
    fn digits(&self) -> u8 {
        4
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        self.figure = match command {
            Command::Utilisation => Figure::Utilisation,
            Command::NoShows => Figure::NoShows,
            Command::Waits => Figure::Waits,
            Command::ThirdFree => Figure::ThirdFree,
            Command::Save => {
                let name = format!("{}-{}.csv", self.figure.code(), cx.env().today());
                let file = std::env::home_dir().unwrap_or_default().join(name).display().to_string();
                return cx.open(
                    move |answer| {
                        Prompt::new(tr!("Into which new file?"), answer).with(&file).check(|typed| {
                            if Path::new(typed.trim()).is_absolute() {
                                Ok(())
                            } else {
                                Err(Why::new("path", tr!("Write the whole path, beginning with a slash.")))
                            }
                        })
                    },
                    Msg::File,
                );
            }
        };
        self.load(cx);
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(figure, _, Ok(rows)) if figure == self.figure => {
                self.rows = rows;
                self.redraw(crate::ui::theme::Theme::default());
            }
            Msg::Loaded(_, _, Ok(_)) | Msg::File(None) => {}
            Msg::Loaded(_, _, Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::File(Some(typed)) => {
                let (file, figure, rows) = (PathBuf::from(typed.trim()), self.figure, self.rows.clone());
                let at = file.clone();
                cx.save(
                    "figures.save",
                    move |_| async move { Ok(write(&file, figure, &rows)) },
                    move |done: Result<Result<(), String>, Error>| {
                        Msg::Saved(at, done.unwrap_or_else(|e| Err(e.to_string())))
                    },
                );
            }
            Msg::Saved(file, Ok(())) => cx.toast(tr!("Saved in {file}.", file = file.display())),
            Msg::Saved(_, Err(why)) => cx.toast(why),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        if ui.theme.ascii {
            self.redraw(ui.theme);
        }
        let [head, rest] = widgets::split_top(area, 2);
        let all: Vec<Tab> =
            Figure::ALL.iter().map(|f| Tab { word: f.word().into(), ..Tab::default() }).collect();
        let at = Figure::ALL.iter().position(|f| *f == self.figure).unwrap_or_default();
        tabs::view(frame, head, &all, at, ui.theme);
        widgets::put(frame, head, 1, &format!(" {}", self.figure.means()), ui.theme.dim());
        let wanted = (WEEKS as u16 + 3).min(rest.height / 2);
        let [list, foot] = widgets::split_top(rest, rest.height.saturating_sub(wanted));
        self.table.view(frame, list, ui);
        let Some(line) = self.table.selected() else { return };
        let title = format!(" {}   {}", line.row.provider_name, line.row.centre_name);
        widgets::put(frame, foot, 0, &title, ui.theme.strong());
        let [_, bars] = widgets::split_top(foot, 1);
        let most = usize::from(bars.height);
        let skip = line.row.points.len().saturating_sub(most);
        let weeks: Vec<(String, f64)> = line
            .row
            .points
            .iter()
            .skip(skip)
            .map(|p| (short_day(p.week), p.value.unwrap_or_default().round()))
            .collect();
        chart::bars(frame, bars, &weeks, ui.theme);
    }
}
