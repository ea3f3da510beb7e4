//! `praxis demo`: a clinic to try, on a private server that comes and goes with the programs that use it.
use super::{
    Context, Failure, block_on,
    demo_data::{self, Plan},
    failure::{CONFIG, TRY_LATER},
    output::{ask, note, say},
    program, sealer,
    signals::AskedToLeave,
};
use crate::server::{self, Binaries, Cluster, Installer, Running, SUPERUSER};
use crate::{
    clock::Clock,
    store::{
        Connector,
        sealed::{KekSource, make_key_file},
    },
};
use clap::Args;
use std::process::ExitCode;

/// The demo clinic's database.
const DATABASE: &str = "clinic";

/// Starts a private PostgreSQL server, fills it with an invented clinic, and opens
/// the program. Run it again and everything entered is still there; several
/// terminals can be in it together.
#[derive(Debug, Args)]
pub struct Demo {
    /// Stop the demo's server
    #[arg(long, conflicts_with_all = ["reset", "server_only"])]
    stop: bool,
    /// Remove everything and start over
    #[arg(long)]
    reset: bool,
    /// Start the server without the program, until Ctrl-C
    #[arg(long)]
    server_only: bool,
    /// The number that decides which people are invented
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many patients to invent
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    patients: u32,
    /// Answer yes to what would be asked
    #[arg(long, short)]
    yes: bool,
}

impl Demo {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        crate::logging::init(&config.log_file, &config.log_level)?;
        let cluster = Cluster::demo()?;
        if self.stop {
            let stopped = cluster.stop()?;
            say(if stopped { "The demo's server is stopped." } else { "The demo's server was not running." });
            return Ok(ExitCode::SUCCESS);
        }
        if self.reset {
            self.reset(&cluster)?;
        }
        self.make_installed()?;
        if !cluster.is_made() {
            note("Making a private PostgreSQL server; this takes a few seconds, once.");
        }
        block_on(async {
            // From here on a signal must find somebody who stops the server.
            let asked = AskedToLeave::listen()?;
            let running = cluster.start()?;
            prepare(&running).await?;
            if !context.json {
                note("Opening the demo clinic; the first time its people and records are made.");
            }
            let keys = keys_of_demo(&cluster)?;
            self.fill(&running, &keys).await?;
            let sealing = sealer::of_demo(&running, DATABASE, cluster.folder())?;
            if self.server_only || context.json {
                self.tell(context, &running);
                asked.wait().await;
            } else {
                let connector =
                    Connector::from_socket(running.socket_dir(), DATABASE, "praxis_app").with_keys(keys);
                program::show(&config, connector, demo_data::login_note()).await?;
            }
            sealing.end().await;
            running.leave()?;
            Ok::<_, Failure>(())
        })??;
        Ok(ExitCode::SUCCESS)
    }

    fn reset(&self, cluster: &Cluster) -> Result<(), Failure> {
        if cluster.in_use()? {
            return Err(Failure::new(
                TRY_LATER,
                "somebody is in the demo clinic now. Leave it everywhere, then try again",
            ));
        }
        let agreed =
            self.yes || !cluster.is_made() || ask("Remove the demo clinic with everything that was entered?");
        if !agreed {
            return Err(Failure::new(
                TRY_LATER,
                "nothing was removed. `praxis demo --reset --yes` does not ask",
            ));
        }
        cluster.reset()?;
        Ok(())
    }

    /// Installs PostgreSQL when there is none, and only when allowed.
    fn make_installed(&self) -> Result<(), Failure> {
        if Binaries::find().is_none() {
            let by_hand = server::Error::NoBinaries;
            let Some(installer) = Installer::of_this_machine() else { return Err(by_hand.into()) };
            let root_in_ci = rustix::process::geteuid().is_root() && std::env::var_os("CI").is_some();
            note(&format!("PostgreSQL is not installed. This would install it:\n  {}", installer.commands()));
            if !(self.yes || root_in_ci || ask("Do it now?")) {
                return Err(by_hand.into());
            }
            server::install(&installer)?;
        }
        Ok(())
    }

    /// Makes the clinic's people and records, or adds the days that are missing since the last time.
    async fn fill(&self, running: &Running, keys: &KekSource) -> Result<(), Failure> {
        let connector =
            Connector::from_socket(running.socket_dir(), DATABASE, SUPERUSER).with_keys(keys.clone());
        let zone = iana_time_zone::get_timezone().ok().and_then(|z| z.parse().ok());
        let plan = Plan {
            seed: self.seed,
            patients: self.patients,
            zone: zone.filter(|z| *z != chrono_tz::Tz::Etc__UTC).unwrap_or(chrono_tz::Tz::Australia__Sydney),
        };
        demo_data::fill(&connector, plan, Clock::system().now()).await?;
        Ok(())
    }

    fn tell(&self, context: &Context, running: &Running) {
        let socket = running.socket_dir().display();
        if context.json {
            let (url, admin) =
                (running.endpoint().url("praxis_app", DATABASE), running.endpoint().url(SUPERUSER, DATABASE));
            say(&serde_json::json!({ "socket": running.socket_dir(), "url": url, "admin_url": admin })
                .to_string());
        } else {
            say(&format!(
                "The demo clinic is ready.\n  socket  {socket}\n  psql    psql -h {socket} -U {SUPERUSER} {DATABASE}\n\
                 Ctrl-C leaves; the server stops when the last program leaves it."
            ));
        }
    }
}

/// The demo's own key, made when there is none. Two terminals may do it at once.
fn keys_of_demo(cluster: &Cluster) -> Result<KekSource, Failure> {
    let file = cluster.key_file();
    match make_key_file(&file) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(e.into()),
        _ => {}
    }
    KekSource::file(&file).map_err(|e| Failure::new(CONFIG, e.to_string()))
}

/// Makes the database when there is none and brings it to this program's schema. Two programs may do it at once.
async fn prepare(running: &Running) -> Result<(), server::Error> {
    let endpoint = running.endpoint();
    if !endpoint.exists(DATABASE).await? {
        match endpoint.create_database(DATABASE, None).await {
            // The other terminal was faster.
            Err(server::Error::Sql(sqlx::Error::Database(e)))
                if matches!(e.code().as_deref(), Some("42P04" | "23505")) => {}
            other => other?,
        }
    }
    server::migrate(&endpoint.options(SUPERUSER, DATABASE)).await?;
    Ok(())
}
