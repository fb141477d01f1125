//! The development certificate authority: one per data directory, made at the first start of `convoke dev`.
//!
//! Nothing installs it anywhere; a client is told where it is. It can only vouch for names that mean this machine or nobody,
//! and for the two hosts that LivePerson's clients ask first, which they then have to be led to. The certificate of the
//! server lives for days and is made anew at each start; its key never touches the disk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use convoke_engine::ports::{Clock as _, SystemClock};
use convoke_server::Tls;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256, SanType,
    date_time_ymd,
};

use crate::files;
use crate::limits::DEV_CERTIFICATE_DAYS;

/// The authority's certificate, which clients are to trust.
const CERTIFICATE_FILE: &str = "dev-ca.pem";
/// Its key, which nobody else should ever see.
const KEY_FILE: &str = "dev-ca.key";

/// Domains that the authority can vouch for: reserved ones, and where unmodified clients begin.
const DOMAINS: [&str; 4] = ["localhost", "test", "api.liveperson.net", "adminlogin.liveperson.net"];

/// What a listener of `convoke dev` serves.
pub(crate) struct DevCertificate {
    /// The server's certificate with its key.
    pub(crate) tls: Tls,
    /// Where the authority's certificate is.
    pub(crate) authority: PathBuf,
}

/// A certificate for this machine and `hosts`, signed by the authority of `data`, which is made if there is none.
///
/// # Errors
/// If the files cannot be read or written, or a host is one that the authority cannot vouch for.
pub(crate) fn dev_certificate(data: &Path, hosts: &[String]) -> Result<DevCertificate> {
    let authority = data.join(CERTIFICATE_FILE);
    let issuer = issuer(&authority, &data.join(KEY_FILE))?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Convoke development server");
    params.subject_alt_names = names(hosts)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    lives(&mut params, DEV_CERTIFICATE_DAYS);
    let certificate = params.signed_by(&key, &issuer).context("cannot sign the server's certificate")?;
    let chain = format!("{}{}", certificate.pem(), files::read(&authority)?);
    let tls = Tls::new(&chain, &key.serialize_pem())?;
    Ok(DevCertificate { tls, authority })
}

/// The certificate in these files, for `convoke serve`.
///
/// # Errors
/// If they cannot be read, or do not fit together.
pub(crate) fn from_files(certificate: &Path, key: &Path) -> Result<Tls> {
    let wrong = || format!("{} and {} cannot be served", certificate.display(), key.display());
    Tls::new(&files::read(certificate)?, &files::read(key)?).with_context(wrong)
}

fn issuer(certificate: &Path, key: &Path) -> Result<Issuer<'static, KeyPair>> {
    if let (Some(_), Some(key)) = (files::read_if_there(certificate)?, files::read_if_there(key)?) {
        let key = KeyPair::from_pem(&key).context("the development authority's key is damaged")?;
        return Ok(Issuer::new(authority(), key));
    }
    let made = CertifiedIssuer::self_signed(authority(), KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)?;
    files::write_private(key, made.key().serialize_pem().as_bytes())?;
    files::write_private(certificate, made.pem().as_bytes())?;
    let key = KeyPair::from_pem(&files::read(key)?)?;
    Ok(Issuer::new(authority(), key))
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Convoke development authority");
    params.distinguished_name.push(DnType::OrganizationName, "This machine only");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let domains = DOMAINS.iter().map(|domain| GeneralSubtree::DnsName((*domain).to_owned()));
    let loopback = [
        GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
        GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(Ipv6Addr::LOCALHOST.octets(), 128)),
    ];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: domains.chain(loopback).collect(),
        excluded_subtrees: Vec::new(),
    });
    // The same for ever: the authority is found again by its key, and its name has to be the same then.
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2046, 1, 1);
    params
}

fn names(hosts: &[String]) -> Result<Vec<SanType>> {
    let fixed = ["localhost", "api.liveperson.net", "adminlogin.liveperson.net"].map(str::to_owned);
    let mut names: Vec<SanType> = vec![
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    for host in fixed.iter().chain(hosts) {
        if host.parse::<IpAddr>().is_ok() {
            continue;
        }
        let name = SanType::DnsName(host.as_str().try_into().with_context(|| format!("{host} is no host"))?);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// From yesterday, because clocks of clients may be a little behind, for some days.
fn lives(params: &mut CertificateParams, days: i64) {
    let today = SystemClock.now().to_zoned(TimeZone::UTC).date();
    let day = |from_today: i64| {
        let date = today.saturating_add(from_today.days());
        // Months and days of a date are small and positive.
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (day(-1), day(days));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_authority_is_made_once_and_its_key_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let made = dev_certificate(dir.path(), &["convoke.test".to_owned()]).unwrap();
        let first = files::read(&made.authority).unwrap();
        dev_certificate(dir.path(), &[]).unwrap();
        assert_eq!(files::read(&made.authority).unwrap(), first);
        let permissions = std::fs::metadata(dir.path().join(KEY_FILE)).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "the server's key is not kept");
    }

    #[test]
    fn a_certificate_without_its_own_key_is_not_served() {
        let dir = tempfile::tempdir().unwrap();
        dev_certificate(dir.path(), &[]).unwrap();
        let other = tempfile::tempdir().unwrap();
        dev_certificate(other.path(), &[]).unwrap();
        assert!(from_files(&dir.path().join(CERTIFICATE_FILE), &dir.path().join(KEY_FILE)).is_ok());
        assert!(from_files(&dir.path().join(CERTIFICATE_FILE), &other.path().join(KEY_FILE)).is_err());
    }
}
