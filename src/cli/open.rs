//! `praxis` alone: opens the program on the configured server.
use super::{Context, Failure, block_on, failure::CONFIG, migrate::no_database, program};
use crate::{
    server::{self, Schema},
    store::Connector,
};
use std::process::ExitCode;

/// Refuses what cannot work before a screen is drawn: no database, no server, a schema of another version.
pub(super) fn run(context: &Context) -> Result<ExitCode, Failure> {
    let config = context.config()?;
    let database = config.database.clone().ok_or_else(no_database)?;
    let keys = program::keys_of(&config)?;
    let schema = block_on(async {
        let (mut db, _) = server::primary(&database.options()).await?;
        server::schema(&mut db).await
    })??;
    fits(schema)?;
    crate::logging::init(&config.log_file, &config.log_level)?;
    block_on(program::show(&config, Connector::new(database.options()).with_keys(keys), vec![]))??;
    Ok(ExitCode::SUCCESS)
}

/// Whether this program may work on such a schema.
fn fits(schema: Schema) -> Result<(), Failure> {
    let message = match schema {
        Schema::Current { .. } => return Ok(()),
        Schema::Empty => "the database holds no clinic yet. Run `praxis migrate`".to_owned(),
        Schema::Older { have, want } => {
            format!(
                "the database's schema is version {have}, this program needs {want}. Run `praxis migrate`"
            )
        }
        Schema::Newer { have, want } => return Err(server::Error::SchemaNewer { have, want }.into()),
        Schema::Altered { version } => return Err(server::Error::SchemaAltered { version }.into()),
    };
    Err(Failure::new(CONFIG, message))
}
