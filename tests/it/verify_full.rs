//! A server over TCP is believed only when it proves its name: a real server with a certificate of an authority made for
//! the run, the right one, the wrong ones, and none at all.
use crate::support::cluster::{block_on, place, start};
use praxis::{
    clock::Clock,
    config::Database,
    server::{self, Identity},
    store::{Connector, Store},
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use std::{
    net::TcpListener,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::LazyLock,
};

/// Who signs certificates, and the file that says so.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(name: &str, folder: &Path) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let file = folder.join(format!("{name}.pem"));
        write_private(&file, &params.self_signed(&key).unwrap().pem());
        Self { issuer: Issuer::new(params, key), file }
    }
}

/// A file of mode 0600 that belongs to the server's user.
fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    if let Some((user, group)) = Identity::of_server().unwrap().ids() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// The server: TLS on, its certificate is `localhost`'s. It stops with the run, as the tests' other server does.
struct Server {
    port: u16,
    right: PathBuf,
    wrong: PathBuf,
    _shell: Child,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let folder = place("pxt");
    let certificates = folder.with_extension("certificates");
    Identity::of_server().unwrap().own_folder(&certificates).unwrap();
    let right = Authority::new("clinic-authority", &certificates);
    let wrong = Authority::new("another-authority", &certificates);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let (cert_file, key_file) = (certificates.join("server.pem"), certificates.join("server.key"));
    write_private(&cert_file, &params.signed_by(&key, &right.issuer).unwrap().pem());
    write_private(&key_file, &key.serialize_pem());
    let port = free_port();
    let configuration = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'",
        cert_file.display(),
        key_file.display()
    );
    let (_, shell) = start(&folder, &configuration);
    Server { port, right: right.file, wrong: wrong.file, _shell: shell }
});

/// A port that nothing listens on now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn url(host: &str) -> String {
    format!("postgres://postgres@{host}:{}/postgres", SERVER.port)
}

fn database(host: &str, ca: Option<&Path>) -> Database {
    let mut database = Database::from_url(&url(host)).unwrap();
    database.ca_file = ca.map(Path::to_path_buf);
    database
}

/// Why the server was not believed.
fn refused(database: &Database) -> String {
    let at_once = block_on(server::primary(&database.options())).map(|_| ()).unwrap_err().to_string();
    let later = block_on(Store::open(Connector::new(database.options()), Clock::system()));
    let later = later.map(|_| ()).unwrap_err().to_string();
    assert!(later.contains("could not prove that it is the clinic's"), "{later}");
    assert!(at_once.ends_with("Nothing was sent to it"), "{at_once}");
    at_once
}

/// What `praxis check` says, on one line, and how it ended.
fn check(url: &str, ca: Option<&Path>, more: &[(&str, &str)]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_praxis"));
    command.arg("check").env_clear().env("PRAXIS_DATABASE_URL", url).envs(more.iter().copied());
    command.env("PRAXIS_LOG_FILE", "/nonexistent/log");
    if let Some(ca) = ca {
        command.env("PRAXIS_DATABASE_CA_FILE", ca);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code())
}

#[test]
fn the_right_authority_and_the_right_name_connect_and_the_line_is_encrypted() {
    let server = &*SERVER;
    block_on(async {
        let options = database("localhost", Some(&server.right)).options();
        let (mut c, _) = server::primary(&options).await.unwrap();
        let (ssl, version): (bool, String) =
            sqlx::query_as("select ssl, version from pg_stat_ssl where pid = pg_backend_pid()")
                .fetch_one(&mut c)
                .await
                .unwrap();
        assert!(ssl && version.starts_with("TLSv1."), "{ssl} {version}");
        c.close().await.unwrap();
    });
    let (said, _) = check(&url("localhost"), Some(&server.right), &[]);
    assert!(said.contains("encrypted, and the server proved its name"), "{said}");
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let said = refused(&database("localhost", Some(&SERVER.wrong)));
    assert!(said.contains("not signed by an authority that is trusted here. database.ca_file"), "{said}");
    let said = refused(&database("localhost", None));
    assert!(said.contains("not signed by an authority that is trusted here"), "the web's: {said}");
    let (said, code) = check(&url("localhost"), Some(&SERVER.wrong), &[]);
    assert!(said.contains("not signed by an authority") && code == Some(1), "{said}");
}

#[test]
fn a_certificate_of_another_host_is_refused() {
    let said = refused(&database("127.0.0.1", Some(&SERVER.right)));
    assert!(said.contains("is for another host than database.url names"), "{said}");
}

#[test]
fn a_server_without_encryption_is_refused_over_tcp() {
    // A server of its own: the other tests' keeps its certificate.
    let port = free_port();
    let (_, mut shell) = start(&place("pxn"), &format!("listen_addresses = '127.0.0.1'\nport = {port}"));
    let url = format!("postgres://postgres@localhost:{port}/postgres");
    let said = refused(&Database::from_url(&url).unwrap());
    assert!(said.contains("the server does not encrypt. Set `ssl = on`"), "{said}");
    // The client library's own variables have no say.
    let (said, code) = check(&url, None, &[("PGSSLMODE", "disable")]);
    assert!(said.contains("the server does not encrypt") && code == Some(1), "{said}");
    drop(shell.stdin.take());
    shell.wait().unwrap();
}

#[test]
fn a_weaker_mode_is_refused_before_anything_is_sent() {
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let weak = format!("{}?sslmode={mode}", url("localhost"));
        let (said, code) = check(&weak, Some(&SERVER.right), &[]);
        assert!(said.contains("would let another machine pose as the server. Use verify-full"), "{said}");
        assert_eq!(code, Some(1), "{mode}");
    }
    let (said, _) = check(&format!("{}?sslmode=verify-full", url("localhost")), Some(&SERVER.right), &[]);
    assert!(said.contains("encrypted, and the server proved its name"), "{said}");
}

#[test]
fn a_line_that_loses_its_certificate_is_not_believed_again() {
    // The session of a server that was right says nothing about the next connection.
    block_on(async {
        let options = database("localhost", Some(&SERVER.right)).options();
        let mut c = options[0].clone().disable_statement_logging().connect().await.unwrap();
        c.execute("select 1").await.unwrap();
        assert!(server::primary(&database("localhost", Some(&SERVER.wrong)).options()).await.is_err());
        c.execute("select 1").await.unwrap();
        c.close().await.unwrap();
    });
}
