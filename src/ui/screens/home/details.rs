//! A patient's own details, as the clinic has them.
use crate::{
    domain::{dates::long_date, record::Identity},
    store::Error,
    text::tr_str,
    tr,
    ui::{
        command::NoCommand,
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{self, scroll_text::ScrollText},
    },
};
use ratatui::{Frame, layout::Rect};

/// What this screen is told.
pub enum Msg {
    Loaded(Box<Result<Identity, Error>>),
}

/// The screen.
#[derive(Default)]
pub struct OwnDetails {
    text: ScrollText,
}

fn text(of: &Identity) -> String {
    let number = format!("{:06}", of.record_number);
    let born = of.birth_date.map(long_date).unwrap_or_default();
    let [contact, relationship, contact_phone] =
        of.contact.each_ref().map(|x| x.as_deref().unwrap_or_default());
    let given = |x: &Option<String>| x.clone().unwrap_or_default();
    let lines = [
        (tr!("Name"), of.name.to_string()),
        (tr!("Called"), given(&of.preferred_name)),
        (tr!("In another script"), given(&of.second_script_name)),
        (tr!("Record number"), number),
        (tr!("Born"), born),
        (tr!("Sex"), tr_str(&of.sex).to_owned()),
        (tr!("National number"), given(&of.national_number)),
        (tr!("Medicare number"), given(&of.medicare_number)),
        (tr!("E-mail"), given(&of.email)),
        (tr!("Phone"), given(&of.phone)),
        (tr!("Address"), given(&of.address)),
        (tr!("Language"), given(&of.language)),
        (
            tr!("To call in an emergency"),
            format!("{contact}  {relationship}  {contact_phone}").trim().to_owned(),
        ),
    ];
    lines
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label:<25}{value}\n"))
        .collect()
}

impl Screen for OwnDetails {
    type Command = NoCommand;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &[]
    }
    fn title(&self) -> String {
        tr!("My details").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.text)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        cx.load(
            "own.details",
            move |store| async move { store.own_details(&actor).await },
            |r| Msg::Loaded(Box::new(r)),
        );
    }
    fn command(&mut self, command: NoCommand, _cx: &mut Cx<Msg>) {
        match command {}
    }
    fn update(&mut self, Msg::Loaded(result): Msg, cx: &mut Cx<Msg>) {
        match *result {
            Ok(of) => self.text.set(text(&of)),
            Err(e) => cx.failed(&e),
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rest] = widgets::split_top(area, 3);
        widgets::put(frame, head, 0, &format!(" {}", self.title()), ui.theme.strong());
        let about = tr!("If something is wrong here, tell the desk of your centre.");
        widgets::put(frame, head, 1, &format!(" {about}"), ui.theme.dim());
        self.text.view(frame, rest, ui);
    }
}
