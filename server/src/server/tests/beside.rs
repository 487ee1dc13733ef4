//! Another process at the same store.

use super::*;

/// A second server process's view of the same store.
pub(super) struct SqliteStoreBeside {
    pub(super) store: crate::store::sqlite::SqliteStore,
    pub(super) admission: Admission,
}

impl SqliteStoreBeside {
    pub(super) fn new(world: &World) -> Self {
        let store = crate::store::sqlite::SqliteStore::open(&store_path(world.dir.path())).unwrap();
        Self { store, admission: Admission::new(1) }
    }

    pub(super) fn town_person(&mut self, world: &World) -> Person {
        let signer = Ed25519Signer::from_seed([77; 32]);
        let grant = self.grant(world, &signer, HEAD_REGION);
        Person::new(world.server.city(), signer, grant, [77; 8])
    }

    pub(super) fn grant(&mut self, world: &World, signer: &Ed25519Signer, region: &str) -> Digest {
        self.grant_at(world, signer, region, NOW_MS)
    }

    pub(super) fn grant_at(
        &mut self,
        world: &World,
        signer: &Ed25519Signer,
        region: &str,
        unix_ms: u64,
    ) -> Digest {
        let request = InviteRequest {
            name: "王五".into(),
            role: "micro_grid_head".into(),
            region_code: Some(region.into()),
            days: None,
            grant_days: None,
        };
        let seed = 99 + self.store.snapshot().unwrap().head().unwrap().unwrap().number;
        let (city, endpoint, mut random) = (world.server.city(), endpoint(), Seeded(seed));
        let invitation =
            invite(&mut self.store, city, &endpoint, &request, &mut random, unix_ms).unwrap();
        let enrolled = crate::enrol::enrol(
            &mut self.store,
            city,
            &invitation.secret,
            signer.public_key(),
            "phone",
            &mut random,
            unix_ms,
        )
        .unwrap();
        Digest::of(enrolled.grants.last().unwrap())
    }

    pub(super) fn admit(&mut self, world: &World, push: Push) {
        self.admission.admit(&mut self.store, world.server.city(), &[push], NOW_MS).unwrap();
    }
}
