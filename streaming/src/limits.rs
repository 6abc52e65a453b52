//! How many streams one account or address may hold open at once. Mastodon has no such limits; these are far above what people use.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::refusal::Refusal;

/// A phone, some browsers with some tabs, and programs that open a connection for each stream.
const PER_ACCOUNT: u32 = 100;
/// Whole schools share an address.
const PER_ADDRESS: u32 = 500;

pub(crate) struct Limits {
    enabled: bool,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_account: HashMap<i64, u32>,
    by_address: HashMap<IpAddr, u32>,
}

/// Gives the place back when it is dropped.
pub(crate) struct Slot {
    limits: Arc<Limits>,
    account_id: i64,
    address: Option<IpAddr>,
}

impl Limits {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, open: Mutex::default() }
    }

    pub(crate) fn take(self: &Arc<Self>, account_id: i64, address: Option<IpAddr>) -> Result<Slot, Refusal> {
        let address = address.map(network);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_account = open.by_account.get(&account_id).copied().unwrap_or_default();
        let of_address = address.and_then(|address| open.by_address.get(&address).copied()).unwrap_or_default();
        if self.enabled && (of_account >= PER_ACCOUNT || of_address >= PER_ADDRESS) {
            return Err(Refusal::TOO_MANY);
        }
        *open.by_account.entry(account_id).or_default() += 1;
        if let Some(address) = address {
            *open.by_address.entry(address).or_default() += 1;
        }
        Ok(Slot { limits: Arc::clone(self), account_id, address })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.limits.open.lock().unwrap_or_else(PoisonError::into_inner);
        decrement(&mut open.by_account, &self.account_id);
        if let Some(address) = &self.address {
            decrement(&mut open.by_address, address);
        }
    }
}

fn decrement<K: Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// One household has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let mask = u128::from(u64::MAX) << 64;
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}
