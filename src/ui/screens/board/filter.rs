//! What of the day the board shows: one provider, one status, one service, or only the queue. The next call is of those shown.
use super::{Command, Msg};
use crate::{
    domain::{
        appointment::AppointmentStatus,
        ids::{DepartmentId, ProviderId},
        queue::QueueFilter,
    },
    store::BoardRow,
    tr,
    ui::{
        cx::Cx,
        desk,
        widgets::picker::{Picker, Row},
    },
};

/// One kind of service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    Department(DepartmentId, String),
    Profession(String),
    /// A kind of visit: its code and its name.
    VisitType(String, String),
}

/// What was picked; `None`: all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    Provider(Option<(ProviderId, String)>),
    Status(Option<AppointmentStatus>),
    Service(Option<Service>),
    Nothing,
}

/// What is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) queue: bool,
    provider: Option<(ProviderId, String)>,
    status: Option<AppointmentStatus>,
    service: Option<Service>,
}

impl Filter {
    pub(super) fn shows(&self, row: &BoardRow) -> bool {
        (!self.queue || row.status == AppointmentStatus::Arrived)
            && self.provider.as_ref().is_none_or(|(id, _)| *id == row.provider)
            && self.status.is_none_or(|s| s == row.status)
            && self.service.as_ref().is_none_or(|s| match s {
                Service::Department(id, _) => row.service.department.as_ref().is_some_and(|(d, _)| d == id),
                Service::Profession(code) => *code == row.profession,
                Service::VisitType(code, _) => {
                    row.service.visit_type.as_ref().is_some_and(|(c, _)| c == code)
                }
            })
    }

    pub(super) fn take(&mut self, picked: Picked) {
        match picked {
            Picked::Provider(one) => self.provider = one,
            Picked::Status(one) => self.status = one,
            Picked::Service(one) => self.service = one,
            Picked::Nothing => {}
        }
    }

    /// What is shown, in words; empty: everything.
    pub(super) fn words(&self) -> String {
        let mut words = vec![];
        if self.queue {
            words.push(tr!("queue").to_owned());
        }
        words.extend(self.provider.as_ref().map(|(_, name)| name.clone()));
        words.extend(self.status.map(|s| s.word().to_owned()));
        words.extend(self.service.as_ref().map(Service::word));
        words.join(", ")
    }

    /// Whom a call is for.
    pub(super) fn of_queue(&self) -> QueueFilter {
        let mut of =
            QueueFilter { provider: self.provider.as_ref().map(|(id, _)| *id), ..QueueFilter::default() };
        match &self.service {
            Some(Service::Department(id, _)) => of.department = Some(*id),
            Some(Service::Profession(code)) => of.profession = Some(code.clone()),
            Some(Service::VisitType(code, _)) => of.visit_type = Some(code.clone()),
            None => {}
        }
        of
    }
}

impl Service {
    fn word(&self) -> String {
        match self {
            Self::Department(_, name) | Self::VisitType(_, name) => name.clone(),
            Self::Profession(code) => desk::profession(code),
        }
    }

    fn of(row: &BoardRow) -> Vec<Self> {
        let mut all = vec![Self::Profession(row.profession.clone())];
        all.extend(row.service.department.clone().map(|(id, name)| Self::Department(id, name)));
        all.extend(row.service.visit_type.clone().map(|(code, name)| Self::VisitType(code, name)));
        all
    }
}

/// Each with how many of the day it has, the most first.
fn counted<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut found: Vec<(T, usize)> = vec![];
    for one in all {
        match found.iter_mut().find(|(x, _)| *x == one) {
            Some((_, n)) => *n += 1,
            None => found.push((one, 1)),
        }
    }
    found.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    found
}

/// Asks which one; the first answer is all of them.
pub(super) fn ask(cx: &mut Cx<Msg>, command: Command, rows: &[BoardRow]) {
    let row = |picked, title: String, n: usize| Row::new(picked, title, n.to_string());
    let (title, all, some): (String, Picked, Vec<Row<Picked>>) = match command {
        Command::Provider => {
            let of = counted(rows.iter().map(|r| (r.provider, r.provider_name.to_string())));
            let some = of.into_iter().map(|(p, n)| row(Picked::Provider(Some(p.clone())), p.1, n)).collect();
            (tr!("Which provider?").into(), Picked::Provider(None), some)
        }
        Command::Status => {
            let of = counted(rows.iter().map(|r| r.status));
            let some =
                of.into_iter().map(|(s, n)| row(Picked::Status(Some(s)), s.word().into(), n)).collect();
            (tr!("Which status?").into(), Picked::Status(None), some)
        }
        _ => {
            let of = counted(rows.iter().flat_map(Service::of));
            let some =
                of.into_iter().map(|(s, n)| row(Picked::Service(Some(s.clone())), s.word(), n)).collect();
            (tr!("Which service?").into(), Picked::Service(None), some)
        }
    };
    let mut choices = vec![row(all, tr!("all").into(), rows.len())];
    choices.extend(some);
    cx.open(
        move |answer| Picker::new(title, answer).rows(choices).numbered(),
        |picked: Option<Picked>| Msg::Filter(picked.unwrap_or(Picked::Nothing)),
    );
}
