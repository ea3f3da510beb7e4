//! The rules of signing in: waiting, codes, and the second factor.
use crate::{domain::why::Why, text::tr_n, tr};
use serde_json::Value;

/// The refusal of a rule of signing in; `None` for any other.
pub(super) fn why(rule: &str, facts: &Value) -> Option<Why> {
    let (sentence, instead) = match rule {
        "sign_in_wrong" => (
            tr!("Login and password do not match.").to_owned(),
            tr!("Check both; capital letters count in the password.").to_owned(),
        ),
        "sign_in_wait" => (
            tr!("Too many wrong tries.").into(),
            tr_n(
                "Try again in {n} second; it is never more than a minute.",
                "Try again in {n} seconds; it is never more than a minute.",
                facts["seconds"].as_i64().unwrap_or(60),
            ),
        ),
        "account_deactivated" => {
            (tr!("This account is deactivated.").into(), tr!("Ask an administrator.").into())
        }
        "code_expired" => {
            (tr!("This one-time code has expired.").into(), tr!("Ask an administrator for a new one.").into())
        }
        "second_factor_needed" => (
            tr!("This account has a second factor.").into(),
            tr!("Sign in with the program, which asks for the code.").into(),
        ),
        "second_factor_wrong" => (
            tr!("That code is not right, or was used already.").into(),
            tr!("Wait for the next one, or type a recovery code.").into(),
        ),
        "second_factor_gone" => {
            (tr!("The code was not given in time.").into(), tr!("Type login and password again.").into())
        }
        "second_factor_enrolled" => (
            tr!("A second factor is there already.").into(),
            tr!("Remove it first; that asks for your password.").into(),
        ),
        "second_factor_begin_again" => (
            tr!("The key on the screen is too old.").into(),
            tr!("Begin again, and scan the new one.").into(),
        ),
        "second_factor_own" => (
            tr!("Nobody resets their own second factor this way.").into(),
            tr!("Remove it under My second factor, or ask another administrator.").into(),
        ),
        "setting_second_factor_roles" => (
            tr!("The policy does not take that value.").into(),
            tr!("Roles separated by commas, as in administrator,auditor.").into(),
        ),
        _ => return None,
    };
    Some(Why::new(rule, sentence).instead(instead))
}
