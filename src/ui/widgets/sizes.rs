//! Every widget draws at every size without a panic.
use super::{
    banner::{self, Banner},
    chart, day_grid,
    form::{Field, Form},
    scroll_text::ScrollText,
    table::{Column, Table},
    tabs,
};
use crate::ui::{
    cx::Env,
    keymap::Keymap,
    screen::{Ui, Widget},
    theme::Theme,
};
use ratatui::{Terminal, backend::TestBackend};
use std::sync::Arc;
use uuid::Uuid;

#[test]
fn every_widget_draws_at_every_size() {
    let mut table = Table::new(|n: &u128| Uuid::from_u128(*n))
        .column(Column::new("Name", |n: &u128| format!("名前 {n}")).grow(8))
        .column(Column::new("Age", ToString::to_string).width(4).right().priority(3));
    table.set_rows((0..50).collect());
    let mut form = Form::new()
        .with(0, Field::text("Family name").required())
        .with(1, Field::many("Note", 4))
        .with(2, Field::choice("Sex", vec!["female".into(), "male".into()]))
        .with(3, Field::date("Born"))
        .with(4, Field::fixed("Record", "000123"));
    form.field().unwrap().insert("日本語 and more text than fits in the line of a narrow window");
    let mut text = ScrollText::new("a long text ".repeat(40));
    let banner =
        Banner { name: "BLACK Jack".into(), allergies: Some("penicillin".into()), ..Banner::default() };
    let grid = day_grid::Grid {
        headings: vec!["08".into(), "09".into()],
        lines: vec![day_grid::Line {
            label: "Smith, Anna".into(),
            cells: vec![vec![day_grid::Part::Free; 4]; 2],
        }],
        selected: Some((0, 1)),
        label_width: 12,
    };
    let all = [tabs::Tab { word: "Info".into(), unsaved: true, missing: true }];
    for ascii in [false, true] {
        let theme = Theme { ascii, ..Theme::default() };
        let ui = Ui { theme, env: Env::default(), keymap: Arc::new(Keymap::built_in()), focused: true };
        for (w, h) in (1..50).flat_map(|w| (1..14).map(move |h| (w, h))) {
            let mut terminal = Terminal::new(TestBackend::new(w, h)).unwrap();
            terminal
                .draw(|f| {
                    let area = f.area();
                    table.view(f, area, &ui);
                    form.view(f, area, &ui);
                    text.view(f, area, &ui);
                    banner::view(f, area, &banner, theme);
                    tabs::view(f, area, &all, 0, theme);
                    day_grid::view(f, area, &grid, theme);
                    chart::bars(f, area, &[("a".into(), 3.0), ("bc".into(), -1.0)], theme);
                    super::which_key::view(f, area, "Go to", &[("s".into(), "Schedule".into())], theme);
                    let hint =
                        super::hint_bar::Hint { key: "s".into(), title: "Schedule".into(), keep: true };
                    super::hint_bar::view(f, area, &[hint], theme);
                })
                .unwrap();
        }
    }
}
