//! An entrance takes its own people and signs everybody else out again, through the real program.
use crate::support::{
    cluster::{block_on, fresh_database},
    people,
    program::Program,
};

#[test]
fn the_entrance_of_patients_takes_patients_and_that_of_the_staff_takes_staff() {
    let db = fresh_database();
    block_on(people::clinic(&db));
    let type_in = |p: &mut Program, login: &str| {
        p.keys(&format!("{login}\r{}\r", people::PASSWORD));
    };
    for (entrance, other, refused, own, inside) in [
        ("patients", "mei", "Sign in where the staff does.", "jack", "BLACK Jack"),
        ("staff", "jack", "This is the entrance of the staff", "mei", "mei · reception"),
    ] {
        let mut p = Program::open_with(&db.url(), &[("PRAXIS_UI_ENTRANCE", entrance)]);
        p.wait_for("Login or e-mail");
        type_in(&mut p, other);
        p.wait_for(refused);
        let open = block_on(async {
            let query = "select count(*) from auth.session s join clinic.account a on a.id = s.account_id
                          where a.login = $1 and s.ended_at is null";
            let mut c = db.superuser().await;
            sqlx::query_scalar::<_, i64>(query).bind(other).fetch_one(&mut c).await.unwrap()
        });
        assert_eq!(open, 0, "{other} is signed out at once");
        p.keys("\x11");
        p.wait_exit();
        let mut p = Program::open_with(&db.url(), &[("PRAXIS_UI_ENTRANCE", entrance)]);
        p.wait_for("Login or e-mail");
        type_in(&mut p, own);
        p.wait_for(inside);
        p.keys("\x11");
        p.wait_exit();
    }
}
