//! Names that exist in one test only, each with a port on loopback and a certificate.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use axum::Router;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::tls::{self, Authority};

pub struct Network {
    authority: Authority,
    folder: TempDir,
    places: BTreeMap<String, SocketAddr>,
    /// Those that nobody serves yet.
    free: Mutex<BTreeMap<String, TcpListener>>,
}

impl Network {
    pub async fn new(names: &[&str]) -> Self {
        let authority = Authority::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let (mut places, mut free) = (BTreeMap::new(), BTreeMap::new());
        for name in names {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            places.insert((*name).to_owned(), listener.local_addr().unwrap());
            free.insert((*name).to_owned(), listener);
        }
        Self { authority, folder, places, free: Mutex::new(free) }
    }

    /// What a server must be told to reach the others: where they are, whom to trust, and that loopback is no danger here.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let hosts: Vec<String> = self.places.iter().map(|(name, address)| format!("{name}={address}")).collect();
        vec![
            ("FERRODON_HOSTS".to_owned(), hosts.join(",")),
            ("SSL_CERT_FILE".to_owned(), self.folder.path().join("ca.pem").display().to_string()),
            ("ALLOWED_PRIVATE_ADDRESSES".to_owned(), "127.0.0.0/8".to_owned()),
        ]
    }

    /// Answers on that name from now on.
    ///
    /// # Panics
    /// The network has no such name, or somebody serves it already.
    pub fn serve(&self, name: &str, router: Router) {
        let listener = self.free.lock().unwrap().remove(name).unwrap_or_else(|| panic!("{name} is not free"));
        tokio::spawn(tls::serve(listener, self.authority.acceptor(name), router));
    }
}
