//! Services from a shell: a name, a centre, and a file with a secret that is shown nowhere else.
use crate::{
    cli::{
        Context, Failure,
        display::Secret,
        failure::{DATA, USAGE},
        output::{note, say, say_json},
    },
    store::{Error, System},
    text::clean,
};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// Makes the secret and its file, then the service. A file that is there is never written over.
pub(super) async fn add(
    context: &Context,
    system: &mut System,
    name: &str,
    centre: &str,
    file: &Path,
) -> Result<(), Failure> {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if !(2..=40).contains(&name.len()) || !name.chars().all(known) || name.starts_with(['.', '_', '-']) {
        let message = "--login: a service's name has 2 to 40 small letters, digits, dots and hyphens";
        return Err(Failure::new(USAGE, message));
    }
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| Failure::new(DATA, format!("no random numbers: {e}")))?;
    let secret: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let verifier = Sha256::digest(secret.as_bytes()).to_vec();
    Secret { service: name.into(), secret }.write(file)?;
    let actions = ["display.open".to_owned()];
    let made = system.add_service(name, centre, &actions, &verifier).await;
    if made.is_err() {
        std::fs::remove_file(file).ok();
    }
    let id = match made {
        Err(Error::NotFound) => {
            let message = format!("there is no centre {}. Nothing was changed", clean(centre));
            return Err(Failure::new(DATA, message));
        }
        Err(Error::Duplicate(_)) => {
            let message = format!("there is a service {name} already, or there was one. Nothing was changed");
            return Err(Failure::new(DATA, message));
        }
        done => done?,
    };
    let path = file.to_string_lossy();
    if context.json {
        say_json(&serde_json::json!({ "service": id, "name": name, "actions": actions, "file": path }));
    } else {
        say(&format!("Added the service {name} ({}).", actions.join(", ")));
        note(&format!("Its secret is in {} and nowhere else.", clean(&path)));
    }
    Ok(())
}

/// The services, before the people.
pub(super) async fn list(system: &mut System) -> Result<(), Failure> {
    for s in system.services().await? {
        let ended = if s.ended { "  (deactivated)" } else { "" };
        say(&format!("{:<24} {:<20} {}{ended}", s.name, "service", clean(&s.centre_name)));
    }
    Ok(())
}
