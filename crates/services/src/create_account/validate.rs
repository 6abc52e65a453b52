//! What is wrong with a sign-up, in the order in which Mastodon's models say it.

use chrono::{Datelike as _, NaiveDate};
use config::Config;
use db::UserId;
use db::settings::Settings;
use ipnetwork::IpNetwork;
use sqlx::PgConnection;

use super::{MailServers, NewAccount, SignUp};
use crate::canonical_email;
use crate::error::{Result, Validation};

const MAX_USERNAME: usize = 30;
const MAX_EMAIL: usize = 320;
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=72;
const MAX_REASON: usize = 420;
/// `ip_blocks.severity`: sign-ups from there wait for approval.
const SIGN_UP_REQUIRES_APPROVAL: i32 = 5000;

pub(super) async fn check(conn: &mut PgConnection, config: &Config, settings: &Settings, new: &NewAccount) -> Result<()> {
    let mut found = Validation { with_details: true, ..Validation::default() };
    let email = new.email.trim().to_lowercase();
    email_form(conn, &email, None, &mut found).await?;
    password(&new.password, &mut found);
    username(conn, new, &mut found).await?;
    if let Some(sign_up) = &new.sign_up {
        reason(settings, new, sign_up, &mut found);
    }
    email_rules(conn, config, &email, new.bypass_checks, &mut found).await?;
    mail_server_rules(conn, &new.mail_servers, &mut found).await?;
    if let Some(sign_up) = &new.sign_up {
        if !sign_up.agreement {
            found.add("agreement", "Service agreement", "ERR_ACCEPTED", "must be accepted");
        }
        age(settings, sign_up, &mut found);
    }
    found.into_result()
}

/// Whether a user may have this address.
///
/// # Errors
/// [`crate::Error::Invalid`] with every complaint.
pub async fn check_email(conn: &mut PgConnection, config: &Config, user: UserId, email: &str, bypass_checks: bool) -> Result<()> {
    let mut found = Validation::default();
    let email = email.trim().to_lowercase();
    email_form(conn, &email, Some(user), &mut found).await?;
    email_rules(conn, config, &email, bypass_checks, &mut found).await?;
    found.into_result()
}

/// Whether somebody must look at this sign-up although registrations are open: address, provider or name are listed so.
///
/// # Errors
/// The database's.
pub async fn forces_approval(conn: &mut PgConnection, new: &NewAccount) -> Result<bool> {
    let ip = new.sign_up.as_ref().and_then(|sign_up| sign_up.ip).map(IpNetwork::from);
    let domains = mail_domains(&new.email, &new.mail_servers);
    Ok(sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT 1 FROM ip_blocks WHERE severity = $1 AND ip >>= $2::inet
              AND (expires_at IS NULL OR expires_at > now() AT TIME ZONE 'utc'))
          OR EXISTS (SELECT 1 FROM email_domain_blocks WHERE allow_with_approval AND domain = ANY($3))
          OR EXISTS (
            SELECT 1 FROM username_blocks WHERE allow_with_approval
              AND CASE WHEN exact THEN normalized_username = $4 ELSE position(normalized_username IN $4) > 0 END)
          AS "forces!"
        "#,
        SIGN_UP_REQUIRES_APPROVAL,
        ip,
        &domains,
        normalized(&new.username)
    )
    .fetch_one(conn)
    .await?)
}

/// Rules about the provider of this address, whatever they say: each counts the attempt.
///
/// # Errors
/// The database's.
pub async fn provider_rules(conn: &mut PgConnection, new: &NewAccount) -> Result<Vec<i64>> {
    let domains = mail_domains(&new.email, &new.mail_servers);
    Ok(sqlx::query_scalar!("SELECT id FROM email_domain_blocks WHERE domain = ANY($1)", &domains).fetch_all(conn).await?)
}

async fn email_form(conn: &mut PgConnection, email: &str, user: Option<UserId>, found: &mut Validation) -> Result<()> {
    if email.is_empty() {
        found.add("email", "E-mail address", "ERR_BLANK", "can't be blank");
        return Ok(());
    }
    if email.contains('\0') {
        found.add("email", "E-mail address", "ERR_INVALID", "is invalid");
        return Ok(());
    }
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users WHERE email = $1 AND id IS DISTINCT FROM $2) AS "taken!""#,
        email,
        user
    )
    .fetch_one(conn)
    .await?;
    if taken {
        found.add("email", "E-mail address", "ERR_TAKEN", "has already been taken");
    }
    // Devise wants one `@` with something on both sides, no blanks.
    let parts: Vec<&str> = email.split('@').collect();
    if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) || email.contains(char::is_whitespace) {
        found.add("email", "E-mail address", "ERR_INVALID", "is invalid");
    }
    Ok(())
}

async fn email_rules(conn: &mut PgConnection, config: &Config, email: &str, bypass: bool, found: &mut Validation) -> Result<()> {
    if !is_address(email) {
        found.add("email", "E-mail address", "ERR_INVALID", "is invalid");
    }
    if bypass || email.is_empty() || email.contains('\0') {
        return Ok(());
    }
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    let listed = sqlx::query!(
        r#"
        SELECT EXISTS (SELECT 1 FROM email_domain_blocks WHERE NOT allow_with_approval AND domain = ANY($1)) AS "domain!",
               EXISTS (SELECT 1 FROM canonical_email_blocks WHERE canonical_email_hash = $2) AS "address!"
        "#,
        &with_parents(domain),
        canonical_email::hash(email)
    )
    .fetch_one(conn)
    .await?;
    if domain.is_empty() || listed.domain || is_refused(config, domain) {
        found.add("email", "E-mail address", "ERR_BLOCKED", "uses a disallowed e-mail provider");
    }
    if listed.address {
        found.add("email", "E-mail address", "ERR_TAKEN", "has already been taken");
    }
    Ok(())
}

/// Asked only of an address with which nothing is wrong so far: one complaint about it is enough.
async fn mail_server_rules(conn: &mut PgConnection, servers: &MailServers, found: &mut Validation) -> Result<()> {
    if found.details.iter().any(|detail| detail.attribute == "email") {
        return Ok(());
    }
    match servers {
        MailServers::Unknown => {}
        MailServers::Nowhere => found.add("email", "E-mail address", "ERR_UNREACHABLE", "does not seem to exist"),
        MailServers::At(servers) => {
            let domains: Vec<String> = servers.iter().flat_map(|server| with_parents(server)).collect();
            let blocked = sqlx::query_scalar!(
                r#"SELECT EXISTS (
                     SELECT 1 FROM email_domain_blocks WHERE NOT allow_with_approval AND domain = ANY($1)) AS "blocked!""#,
                &domains
            );
            if blocked.fetch_one(conn).await? {
                found.add("email", "E-mail address", "ERR_BLOCKED", "uses a disallowed e-mail provider");
            }
        }
    }
    Ok(())
}

fn password(password: &str, found: &mut Validation) {
    if password.trim().is_empty() {
        found.add("password", "Password", "ERR_BLANK", "can't be blank");
    } else if password.chars().count() < *PASSWORD_LENGTH.start() {
        found.add("password", "Password", "ERR_TOO_SHORT", "is too short (minimum is 8 characters)");
    } else if password.len() > *PASSWORD_LENGTH.end() {
        found.add("password", "Password", "ERR_TOO_LONG", "is too long (maximum is 72 characters)");
    }
}

async fn username(conn: &mut PgConnection, new: &NewAccount, found: &mut Validation) -> Result<()> {
    let name = &new.username;
    if name.is_empty() {
        found.add("username", "Username", "ERR_BLANK", "can't be blank");
        return Ok(());
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        found.add("username", "Username", "ERR_INVALID", "must contain only letters, numbers and underscores");
    }
    if name.chars().count() > MAX_USERNAME {
        found.add("username", "Username", "ERR_TOO_LONG", "is too long (maximum is 30 characters)");
    }
    if name.contains('\0') {
        return Ok(());
    }
    let known = sqlx::query!(
        r#"
        SELECT EXISTS (
            SELECT 1 FROM accounts WHERE lower(username) = lower($1) AND domain IS NULL AND id IS DISTINCT FROM $2) AS "taken!",
          EXISTS (
            SELECT 1 FROM username_blocks WHERE NOT allow_with_approval
              AND CASE WHEN exact THEN normalized_username = $3 ELSE position(normalized_username IN $3) > 0 END) AS "reserved!"
        "#,
        name,
        new.reattach_to,
        normalized(name)
    )
    .fetch_one(conn)
    .await?;
    if known.taken {
        found.add("username", "Username", "ERR_TAKEN", "has already been taken");
    }
    if !new.bypass_checks && known.reserved {
        found.add("username", "Username", "ERR_RESERVED", "is reserved");
    }
    Ok(())
}

fn reason(settings: &Settings, new: &NewAccount, sign_up: &SignUp, found: &mut Validation) {
    let reason = sign_up.reason.as_deref().unwrap_or_default();
    if reason.trim().is_empty() {
        if !new.approved && settings.require_invite_text && sign_up.invite_id.is_none() {
            found.add("reason", "Reason", "ERR_BLANK", "can't be blank");
        }
    } else if reason.chars().count() > MAX_REASON {
        found.add("reason", "Reason", "ERR_TOO_LONG", &format!("is too long (maximum is {MAX_REASON} characters)"));
    }
}

fn age(settings: &Settings, sign_up: &SignUp, found: &mut Validation) {
    let Some(min_age) = settings.min_age else { return };
    match sign_up.date_of_birth {
        None => found.add("date_of_birth", "Date of birth", "ERR_BLANK", "can't be blank"),
        Some(born) if i64::from(years(born, sign_up.today)) < min_age => {
            found.add("date_of_birth", "Date of birth", "ERR_BELOW_LIMIT", "is below the age limit");
        }
        Some(_) => {}
    }
}

fn years(born: NaiveDate, today: NaiveDate) -> i32 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i32::from(!had_birthday)
}

/// Look-alike digits count as the letters they stand for.
fn normalized(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| *c != '_').map(plain_letter).collect()
}

fn plain_letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// One `@`, something on both sides, none of the characters that break mail headers.
fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    email.len() <= MAX_EMAIL
        && !local.is_empty()
        && !domain.is_empty()
        && !email.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '%' | ',' | '"' | '<' | '>'))
        && !local.contains('@')
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
}

fn is_refused(config: &Config, domain: &str) -> bool {
    let matches = |list: &[String]| list.iter().any(|known| domain == known || domain.ends_with(&format!(".{known}")));
    let federation = &config.federation;
    (!federation.email_domain_allowlist.is_empty() && !matches(&federation.email_domain_allowlist))
        || matches(&federation.email_domain_denylist)
}

/// Names under which a rule about the provider of this address may stand.
fn mail_domains(email: &str, servers: &MailServers) -> Vec<String> {
    let domain = email.rsplit_once('@').map(|(_, domain)| domain.trim().to_lowercase()).filter(|domain| !domain.contains('\0'));
    let servers: &[String] = match servers {
        MailServers::At(servers) => servers,
        MailServers::Nowhere | MailServers::Unknown => &[],
    };
    domain.iter().chain(servers).flat_map(|name| with_parents(name)).collect()
}

/// `a.b.example` → itself, `b.example`, `example`.
fn with_parents(domain: &str) -> Vec<String> {
    let cuts = domain.char_indices().filter(|(_, c)| *c == '.').filter_map(|(at, _)| domain.get(at + 1..));
    std::iter::once(domain).chain(cuts).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{is_address, normalized, with_parents, years};

    #[test]
    fn odd_addresses_are_no_addresses() {
        assert!(is_address("a@b.example"));
        for bad in ["", "a", "a@", "@b", "a b@c", "a%b@c.example", "a@.example", "a@b..example", "a\"@b.example"] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_name_in_disguise_is_recognised() {
        assert_eq!(normalized("Adm1n_"), "admin");
        assert_eq!(normalized("R007"), "root");
    }

    #[test]
    fn a_block_of_a_domain_counts_for_all_below_it() {
        assert_eq!(with_parents("a.b.example"), ["a.b.example", "b.example", "example"]);
    }

    #[test]
    fn an_age_is_reached_on_the_birthday() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(years(day(2010, 5, 20), day(2026, 5, 19)), 15);
        assert_eq!(years(day(2010, 5, 20), day(2026, 5, 20)), 16);
    }
}
