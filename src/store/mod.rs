//! The only module that speaks SQL. A public method is one whole unit of work in one transaction.
//!
//! Every call goes through [`Store::read`] or [`Store::write`]: each asks the server who is speaking before anything
//! else, has a deadline, and is never dropped half-way. A write carries its request id, so that it is done at most once.
mod access;
mod access_work;
mod account;
mod alert;
mod appointment;
mod audit_log;
mod authored;
mod banner;
mod board;
mod bookable;
mod booking;
mod calendar;
mod call;
mod centre;
mod change;
mod clinic_session;
mod connect;
mod connection;
pub mod demo;
mod department;
mod diagnosis;
mod directory;
mod display;
mod emergency;
mod encounter;
mod erasure;
mod error;
mod exception;
mod fee;
mod figure;
mod find_patient;
mod follow_up;
mod freed;
mod history;
mod hold;
mod import;
mod ledger;
mod listen;
mod lost_hold;
mod merging;
mod message;
mod note;
mod notice;
mod observation;
mod overbook;
mod overview;
mod own_home;
mod paper;
mod patient;
mod patient_link;
mod patient_profile;
mod patient_registration;
mod permission;
mod plan;
mod plan_closes;
mod prescription;
mod print_queue;
mod profile;
mod provider;
mod provider_home;
mod queue;
mod rebook;
mod record;
mod record_viewers;
mod records_search;
mod referral;
mod refusal;
mod registration;
mod report;
mod result;
mod room;
pub mod sealed;
mod service_request;
mod session;
mod session_back;
mod session_copy;
mod session_plan;
mod session_slots;
mod setting;
mod sign_in;
mod slots;
mod stale;
mod strike;
mod subject;
mod system;
mod together;
mod treatment;
mod visit_type;
mod waitlist;
mod waitlist_offer;

pub use account::{AccountFilter, Deactivated, Verifier};
pub use appointment::AppointmentStep;
pub use banner::{AllergyMark, Banner, Identity};
pub use board::{Board, BoardCounts, BoardRow, Service};
pub use calendar::{DaysOf, MonthOf};
pub use call::Event;
pub use change::{Change, Link, RowChange};
pub use clinic_session::SessionsOf;
pub use connect::Connector;
pub use diagnosis::VisitDiagnoses;
pub use directory::{CentrePage, CentreRow, DepartmentLine, FrontDoor, NextFree, ProviderPage, ProviderRow};
pub use display::{DisplayDay, DisplayPlace};
pub use encounter::{Draft, DraftSaved, NewDraft, Started, Waiting};
pub use error::Error;
pub use exception::PlanOf;
pub use follow_up::{FollowUpBooked, VisitEnd};
pub use hold::{Held, Hold};
pub use import::{ImportReport, Tally};
pub use ledger::{Ledger, Proof, Verified};
pub use lost_hold::LostHold;
pub use merging::{Merge, MergeCounts, MergeSide};
pub use overbook::{Overbookable, Unbookable};
pub use overview::{LogLine, Overview, PendingProvider, Totals};
pub use own_home::{OwnAppointment, OwnHome};
pub use paper::PrintJob;
pub use patient::Registered;
pub use patient_link::Merged;
pub use patient_profile::{PatientAppointment, PatientProfile};
pub use permission::{PermissionChange, VisitFee};
pub use print_queue::{Claimed, PrintQueue};
pub use provider_home::{HomeAppointment, ProviderHome, UnsignedVisit};
pub use queue::Called;
pub use rebook::{Cause, Moved, Unplanned, Was};
pub use records_search::{Found, HistoryPage, RecordSearch, VisitCursor, VisitRow};
pub use referral::ReferralTarget;
pub use refusal::why as refusal;
pub use service_request::VisitTests;
pub use session::{Challenge, Opened, SignIn};
pub use session_back::{Before, Done, Stays, TakenBack};
pub use session_copy::{Copied, LeftOut};
pub use session_plan::Generated;
pub use session_slots::{HoldKind, SessionSlots};
pub use setting::SettingEntry;
pub use sign_in::{Arrival, Earlier, OpenSignIn, SecondState};
pub use system::{AccountLine, ServiceLine, System};
pub use together::Series;

use crate::{
    clock::Clock,
    domain::{ids::DraftId, permission::Table},
};
use connect::with_token;
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Transaction, postgres::PgConnectOptions};
use std::{
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The schema this program was written for: the number of the newest migration.
pub const SCHEMA: i64 = match i64::from_str_radix(env!("PRAXIS_SCHEMA"), 10) {
    Ok(newest) => newest,
    Err(_) => 0,
};

/// How long a read waits for the line that reads usually take: most reads are shorter.
const SOON: Duration = Duration::from_millis(20);

/// A handle on the clinic's database, cheap to clone. Before sign-in it is nobody; signing in gives another one.
#[derive(Clone)]
pub struct Store(Arc<Inner>, Arc<[DraftId]>);

struct Inner {
    connector: Connector,
    token: Option<String>,
    /// Two connections for reading, one kept for saving, one for listening: a slow list never delays a save. The first is
    /// taken while it is free, so that it knows most of what it is asked; the spare one is for what comes meanwhile.
    readers: PgPool,
    spare: PgPool,
    /// Whose turn it is on the first.
    first: Arc<Semaphore>,
    writer: PgPool,
    listener: PgPool,
    clock: Clock,
    /// The rules of permission as they were read last.
    permissions: RwLock<Arc<Table>>,
    keyring: Arc<sealed::Keyring>,
}

/// A transaction to read in, and the turn on the line that it is on.
struct Reading {
    tx: Transaction<'static, Postgres>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Store {
    /// A handle that is nobody yet. Finds the primary server.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no host answers, [`Error::Schema`] when program and database do not fit.
    pub async fn open(connector: Connector, clock: Clock) -> Result<Self, Error> {
        let (mut c, options) = connector.primary(None).await?;
        let needed = check_schema(&mut c).await?;
        let _ = c.close().await;
        sealed::fits(connector.keys(), &needed)?;
        Ok(Self::on(&options, connector, None, clock))
    }

    /// A handle on the same server that speaks with this session's token.
    fn speaking(&self, token: String) -> Self {
        let options = with_token(self.0.readers.connect_options().as_ref().clone(), Some(&token));
        Self::on(&options, self.0.connector.clone(), Some(token), self.0.clock.clone())
    }

    fn on(options: &PgConnectOptions, connector: Connector, token: Option<String>, clock: Clock) -> Self {
        let [readers, spare, writer, listener] = connector.pools(options);
        let inner = Inner {
            readers,
            spare,
            first: Arc::new(Semaphore::new(1)),
            writer,
            listener,
            keyring: Arc::new(sealed::Keyring::new(connector.keys().clone())),
            connector,
            token,
            clock,
            permissions: RwLock::new(Arc::new(Table::built_in().clone())),
        };
        Self(Arc::new(inner), Arc::new([]))
    }

    /// The same handle, whose next write closes these drafts in its own transaction: its text is saved then.
    #[must_use]
    pub fn closing(&self, drafts: &[DraftId]) -> Self {
        Self(self.0.clone(), drafts.into())
    }

    /// The clock that follows the database's.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Looks for the primary again, after the server was lost.
    async fn reconnect(&self) -> Result<(), Error> {
        let (c, options) = self.0.connector.primary(self.0.token.as_deref()).await?;
        let _ = c.close().await;
        self.aim(&options);
        Ok(())
    }

    /// Where connections are made from now on.
    fn aim(&self, options: &PgConnectOptions) {
        for pool in [&self.0.readers, &self.0.spare, &self.0.writer, &self.0.listener] {
            pool.set_connect_options(options.clone());
        }
    }

    /// A transaction to read in, on the line that has read before when it is free soon: it has planned most of what it is
    /// asked. The spare one is for what would have to wait.
    async fn reading(&self) -> Result<Reading, sqlx::Error> {
        let Inner { readers, spare, first, .. } = &*self.0;
        let turn = match tokio::time::timeout(SOON, first.clone().acquire_owned()).await {
            Ok(turn) => turn.ok(),
            Err(_) => tokio::select! {
                biased;
                turn = first.clone().acquire_owned() => turn.ok(),
                tx = spare.begin() => return Ok(Reading { tx: tx?, _turn: None }),
            },
        };
        Ok(Reading { tx: readers.begin().await?, _turn: turn })
    }

    /// How many patients' keys this session has at hand.
    #[must_use]
    pub fn keys_at_hand(&self) -> usize {
        self.0.keyring.len()
    }

    /// Closes every connection; used when the program ends or the person signs out. The keys are wiped.
    pub async fn close(&self) {
        self.0.keyring.forget_all();
        self.0.listener.close().await;
        self.0.readers.close().await;
        self.0.spare.close().await;
        self.0.writer.close().await;
    }
}

/// Whether the program fits the database. Answers the keys that this needs: a program without them refuses to start, because it
/// would show nothing and write nothing.
async fn check_schema(c: &mut PgConnection) -> Result<String, Error> {
    let row = sqlx::query!(
        r#"select clinic.schema_version() as "version!", clinic.setting('schema_min_client') as "least!",
                  clinic.setting('sealing_keys') as keys"#
    )
    .fetch_one(c)
    .await
    .map_err(|e| match &e {
        sqlx::Error::Database(d) if matches!(d.code().as_deref(), Some("3F000" | "42883" | "42501")) => {
            schema_mismatch(0)
        }
        _ => e.into(),
    })?;
    if row.version < SCHEMA || row.least.parse::<i64>().is_ok_and(|l| l > SCHEMA) {
        return Err(schema_mismatch(row.version));
    }
    Ok(row.keys.unwrap_or_default())
}

fn schema_mismatch(found: i64) -> Error {
    let advice = if found > SCHEMA {
        crate::tr!("This program is too old for the database: install the new version.")
    } else {
        crate::tr!("The database is not prepared for this program: run `praxis migrate`.")
    };
    Error::Schema { expected: SCHEMA, found, advice: advice.into() }
}
