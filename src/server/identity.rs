//! Who a private server runs as: PostgreSQL refuses root, so root steps down to `postgres` or `nobody`.
use super::error::{Error, io};
use std::{
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

/// The user that a private server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `None`: the user who runs this program.
    dropped: Option<Dropped>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Dropped {
    name: String,
    uid: u32,
    gid: u32,
}

impl Identity {
    /// The user who runs this program, or as root the first of `postgres` and `nobody` that exists.
    pub fn of_server() -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { dropped: None });
        }
        let passwd = std::fs::read_to_string("/etc/passwd").map_err(io("reading /etc/passwd"))?;
        let dropped = ["postgres", "nobody"].iter().find_map(|name| entry(&passwd, name));
        dropped.map(|d| Self { dropped: Some(d) }).ok_or(Error::NoServerUser)
    }

    /// The numeric user and group to drop to, if this program is root.
    #[must_use]
    pub fn ids(&self) -> Option<(u32, u32)> {
        self.dropped.as_ref().map(|d| (d.uid, d.gid))
    }

    /// Makes a command run as this user, outside the terminal's process group, in a folder that it may enter.
    pub fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(d) = &self.dropped {
            command.uid(d.uid).gid(d.gid);
        }
        without_settings(command).process_group(0)
    }

    /// Creates a folder, mode 0700, that belongs to this user. One that is there already must belong to it.
    pub fn own_folder(&self, dir: &Path) -> Result<(), Error> {
        let what = || format!("making the folder {}", dir.display());
        match std::fs::create_dir(dir) {
            Ok(()) => {
                std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(io(what()))?;
                if let Some(d) = &self.dropped {
                    chown(dir, Some(d.uid), Some(d.gid)).map_err(io(what()))?;
                }
                Ok(())
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                let meta = std::fs::symlink_metadata(dir).map_err(io(what()))?;
                let owner = self.dropped.as_ref().map_or(rustix::process::geteuid().as_raw(), |d| d.uid);
                if meta.is_dir() && meta.uid() == owner && meta.mode() & 0o077 == 0 {
                    return Ok(());
                }
                let refused = std::io::Error::new(
                    std::io::ErrorKind::PermissionDenied,
                    "it exists, but is not a private folder of the server's user",
                );
                Err(io(what())(refused))
            }
            Err(e) => Err(io(what())(e)),
        }
    }

    /// Checks that this user can enter every folder above `dir`.
    pub fn check_parents(&self, dir: &Path) -> Result<(), Error> {
        let Some(d) = &self.dropped else { return Ok(()) };
        for folder in dir.ancestors().skip(1) {
            let Ok(meta) = std::fs::metadata(folder) else { continue };
            let needed = if meta.uid() == d.uid {
                0o100
            } else if meta.gid() == d.gid {
                0o010
            } else {
                0o001
            };
            if meta.mode() & needed == 0 {
                return Err(Error::NotTraversable { folder: folder.to_path_buf(), user: d.name.clone() });
            }
        }
        Ok(())
    }
}

fn entry(passwd: &str, name: &str) -> Option<Dropped> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Dropped { name: name.to_owned(), uid, gid })
    })
}

/// What is started inherits no variable of the program's own: one of them may hold a password, or say where keys are.
pub fn without_settings(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.as_encoded_bytes().starts_with(b"PRAXIS_")) {
        command.env_remove(name);
    }
    command.env_remove("CREDENTIALS_DIRECTORY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_passwd_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgresql:x:9:9::/:\npostgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n";
        let found = entry(passwd, "postgres").unwrap();
        assert_eq!((found.uid, found.gid), (101, 104));
        assert_eq!(entry(passwd, "nobody"), None);
    }
}
