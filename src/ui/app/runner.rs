//! Runs what screens asked for. Loads: one in flight and one waiting for each layer and label. Saves: one label, one
//! line, all of them to the end. In tests nothing runs; what was asked is kept and read.
use crate::{
    store::Store,
    ui::cx::{Envelope, Job, LayerId},
};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::sync::mpsc;

/// The load of a layer under a label.
pub type Key = (LayerId, &'static str);

/// One in flight, one waiting: a newer job replaces the waiting one, and makes the answer in flight unwanted.
#[derive(Debug)]
pub struct Latest<J> {
    waiting: HashMap<Key, Option<J>>,
}

impl<J> Default for Latest<J> {
    fn default() -> Self {
        Self { waiting: HashMap::new() }
    }
}

impl<J> Latest<J> {
    /// The job to start now, or nothing when one of its key is still in flight.
    pub fn ask(&mut self, key: Key, job: J) -> Option<J> {
        match self.waiting.get_mut(&key) {
            Some(waiting) => {
                *waiting = Some(job);
                None
            }
            None => {
                self.waiting.insert(key, None);
                Some(job)
            }
        }
    }
    /// The job in flight has ended: whether its answer is still wanted, and the job to start now.
    pub fn ended(&mut self, key: Key) -> (bool, Option<J>) {
        match self.waiting.remove(&key) {
            Some(Some(next)) => {
                self.waiting.insert(key, None);
                (false, Some(next))
            }
            Some(None) => (true, None),
            None => (false, None),
        }
    }
    /// The layer is gone: nothing of it starts any more.
    pub fn forget(&mut self, layer: LayerId) {
        self.waiting.iter_mut().filter(|((l, _), _)| *l == layer).for_each(|(_, w)| *w = None);
    }
}

/// Jobs of one label in the order in which they were asked for.
#[derive(Debug)]
pub struct InOrder<J> {
    lines: HashMap<&'static str, VecDeque<J>>,
}

impl<J> Default for InOrder<J> {
    fn default() -> Self {
        Self { lines: HashMap::new() }
    }
}

impl<J> InOrder<J> {
    /// The job to start now, or nothing when one of its label runs.
    pub fn ask(&mut self, label: &'static str, job: J) -> Option<J> {
        match self.lines.get_mut(label) {
            Some(line) => {
                line.push_back(job);
                None
            }
            None => {
                self.lines.insert(label, VecDeque::new());
                Some(job)
            }
        }
    }
    /// The running job has ended: the next of its label.
    pub fn ended(&mut self, label: &'static str) -> Option<J> {
        let next = self.lines.get_mut(label)?.pop_front();
        if next.is_none() {
            self.lines.remove(label);
        }
        next
    }
    /// Nothing runs and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Something has ended.
pub enum Done {
    /// A load.
    Load(Envelope),
    /// A save.
    Save(Envelope),
    /// A delay, with the number of its request.
    After(Envelope, u64),
}

/// What was asked for and not answered, as tests see it.
pub struct Pending {
    /// `load`, `save` or `after`.
    pub kind: &'static str,
    /// Who asked.
    pub layer: LayerId,
    /// Under which label.
    pub label: &'static str,
    /// A delay's message.
    pub envelope: Option<Envelope>,
}

/// Starts jobs and counts them.
pub struct Runner {
    store: Option<Store>,
    out: mpsc::UnboundedSender<Done>,
    loads: Latest<Job>,
    saves: InOrder<(Job, Option<Store>)>,
    delays: HashMap<Key, u64>,
    count: u64,
    /// In tests: what was asked for. `None` when jobs really run.
    pub recorded: Option<Vec<Pending>>,
}

impl Runner {
    /// A runner that hands results to `out`; without a store it records.
    #[must_use]
    pub fn new(store: Option<Store>, out: mpsc::UnboundedSender<Done>) -> Self {
        let recorded = store.is_none().then(Vec::new);
        Self {
            store,
            out,
            loads: Latest::default(),
            saves: InOrder::default(),
            delays: HashMap::new(),
            count: 0,
            recorded,
        }
    }
    /// The store that later jobs use.
    pub fn set_store(&mut self, store: Option<Store>) {
        self.store = store;
    }
    /// The store in use.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }
    /// A read.
    pub fn load(&mut self, layer: LayerId, label: &'static str, job: Job) {
        if let Some(job) = self.loads.ask((layer, label), job) {
            self.start("load", layer, label, job, self.store.clone());
        }
    }
    /// A write.
    pub fn save(&mut self, layer: LayerId, label: &'static str, job: Job) {
        // A save that waits keeps the store it was asked under: signing out meanwhile must not lose it.
        if let Some((job, store)) = self.saves.ask(label, (job, self.store.clone())) {
            self.start("save", layer, label, job, store);
        }
    }
    /// A message later.
    pub fn after(&mut self, delay: Duration, envelope: Envelope) {
        self.count += 1;
        let (count, key) = (self.count, (envelope.to, envelope.label));
        if delay.is_zero() {
            let _ = self.out.send(Done::Load(envelope));
            return;
        }
        self.delays.insert(key, count);
        if let Some(list) = &mut self.recorded {
            list.retain(|p| (p.kind, p.layer, p.label) != ("after", key.0, key.1));
            list.push(Pending { kind: "after", layer: key.0, label: key.1, envelope: Some(envelope) });
            return;
        }
        let out = self.out.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let _ = out.send(Done::After(envelope, count));
        });
    }
    fn start(
        &mut self,
        kind: &'static str,
        layer: LayerId,
        label: &'static str,
        job: Job,
        store: Option<Store>,
    ) {
        if let Some(list) = &mut self.recorded {
            list.push(Pending { kind, layer, label, envelope: None });
            return;
        }
        let Some(store) = store else { return };
        let (out, is_load) = (self.out.clone(), kind == "load");
        let running = tokio::spawn(job(store));
        tokio::spawn(async move {
            // A job that panicked still ends, so that its line goes on and quitting does not wait for ever.
            let envelope = running.await.unwrap_or_else(|e| {
                tracing::error!(label, error = %e, "a job ended early");
                let failure =
                    Some(crate::tr!("Something unexpected happened; the log says more.").to_owned());
                Envelope { to: layer, label, msg: Box::new(()), failure, drafts: vec![] }
            });
            let _ = out.send(if is_load { Done::Load(envelope) } else { Done::Save(envelope) });
        });
    }
    /// What has ended: its answer, if it is still wanted. Starts what waited for it.
    pub fn ended(&mut self, done: Done) -> Option<Envelope> {
        match done {
            Done::Load(envelope) if envelope.label == "answer" => Some(envelope),
            Done::Load(envelope) => {
                let key = (envelope.to, envelope.label);
                let (wanted, next) = self.loads.ended(key);
                if let Some(job) = next {
                    self.start("load", key.0, key.1, job, self.store.clone());
                }
                wanted.then_some(envelope)
            }
            Done::Save(envelope) => {
                if let Some((job, store)) = self.saves.ended(envelope.label) {
                    self.start("save", envelope.to, envelope.label, job, store);
                }
                Some(envelope)
            }
            Done::After(envelope, count) => {
                let key = (envelope.to, envelope.label);
                (self.delays.get(&key) == Some(&count)).then_some(envelope)
            }
        }
    }
    /// In tests: a recorded job has ended without an answer of its own.
    pub fn settled(&mut self, kind: &'static str, layer: LayerId, label: &'static str) {
        let next = match kind {
            "load" => self.loads.ended((layer, label)).1.map(|job| (job, self.store.clone())),
            "save" => self.saves.ended(label),
            _ => None,
        };
        if let Some((job, store)) = next {
            self.start(kind, layer, label, job, store);
        }
    }
    /// The layer is gone.
    pub fn forget(&mut self, layer: LayerId) {
        self.loads.forget(layer);
        self.delays.retain(|(l, _), _| *l != layer);
    }
    /// Nothing runs and nothing waits but delays.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.loads.waiting.is_empty() && self.saves.is_idle()
    }
    /// A save runs or waits.
    #[must_use]
    pub fn saving(&self) -> bool {
        !self.saves.is_idle()
    }
}
