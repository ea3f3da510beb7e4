//! What a person sees who has no place to go to: never an empty screen, never the sign-in screen of somebody else.
use crate::{
    tr,
    ui::{
        command::NoCommand,
        cx::Cx,
        screen::{Screen, Ui},
        widgets,
    },
};
use ratatui::{Frame, layout::Rect};

/// A screen without anything on it but what still works.
pub struct Nowhere;

impl Screen for Nowhere {
    type Command = NoCommand;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &[]
    }
    fn title(&self) -> String {
        tr!("Praxis").into()
    }
    fn command(&mut self, command: NoCommand, _cx: &mut Cx<()>) {
        match command {}
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let key = |id| ui.key(&["global"], id);
        let text = tr!(
            "Your role has no place of its own here. {go} finds what you may do, {out} signs out.",
            go = key("app.palette"),
            out = key("app.sign-out")
        );
        let inner = Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(2), ..area };
        widgets::sentence(frame, inner, &text);
    }
}
