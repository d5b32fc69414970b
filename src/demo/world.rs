//! Who is in the made-up workspace: its sources, destinations, users and what they do. Data only; every name is invented.
//!
//! Rule: the order of the entries is part of a data set's seed; append, do not insert.

/// A destination whose failures are logged, and the collection they are logged to.
#[derive(Debug)]
pub(crate) struct Destination {
    /// What the user calls the collection; also the folder of its files.
    pub(crate) alias: &'static str,
    /// The Collection ID as the provider's app shows it.
    pub(crate) collection: &'static str,
    pub(super) id: &'static str,
    pub(super) host: &'static str,
    pub(super) vendor: Vendor,
    /// Messages in one exchange at most.
    pub(super) largest_batch: u64,
    /// Share of all failures.
    pub(super) weight: u64,
}

/// What kind of system a destination is; decides what is sent to it and how it complains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vendor {
    /// Sends e-mail and push messages to people.
    Messaging,
    /// Measures conversions for advertisements.
    Ads,
    /// A customer's own endpoint.
    Webhook,
    /// Takes rows into tables.
    Warehouse,
}

pub(crate) const DESTINATIONS: [Destination; 4] = [
    Destination {
        alias: "messaging",
        collection: "2wmpXTGB69A8BwGJ4hD5XvQ03aD",
        id: "6512b7c04fae9d2c81e0a3f7",
        host: "rest.lanternpost.example",
        vendor: Vendor::Messaging,
        largest_batch: 50,
        weight: 5,
    },
    Destination {
        alias: "ads",
        collection: "2xK0mTq9Vb3RfYw7LhZc5NdJ1Ua",
        id: "65a90e3d72c1b84f06d5e91b",
        host: "graph.billboardly.example",
        vendor: Vendor::Ads,
        largest_batch: 20,
        weight: 3,
    },
    Destination {
        alias: "webhook",
        collection: "2yP4sHn8Dk2WgXt6QjVr0MbC7Ez",
        id: "660f41b8d95e27ac3b7c8d02",
        host: "hooks.kettle-and-crane.example",
        vendor: Vendor::Webhook,
        largest_batch: 1,
        weight: 2,
    },
    Destination {
        alias: "warehouse",
        collection: "2zR7vJc1Fm5YhTu9SkXp3LdB8Ga",
        id: "66d3c5a7180b4e9f62a1f7c4",
        host: "ingest.deepshelf.example",
        vendor: Vendor::Warehouse,
        largest_batch: 50,
        weight: 1,
    },
];

/// Where messages come from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) id: &'static str,
    pub(super) library: Library,
}

/// The library that made a message; decides the form of the message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Library {
    /// `api-` and a KSUID, given by the provider.
    Server,
    /// `ajs-next-` and 32 hexadecimal digits.
    Browser,
    /// A bare UUID.
    Mobile,
}

pub(super) const SOURCES: [Source; 4] = [
    Source {
        id: "8pT3kQvLx2",
        library: Library::Browser,
    },
    Source {
        id: "5hN9wGfZs7",
        library: Library::Mobile,
    },
    Source {
        id: "2rD6yJmHt4",
        library: Library::Server,
    },
    Source {
        id: "9cB1zUnWg5",
        library: Library::Server,
    },
];

/// The event that a schema change breaks.
pub(super) const BROKEN_EVENT: &str = "Order Completed";

pub(super) const EVENTS: [&str; 8] = [
    "Product Viewed",
    "Product Added",
    "Checkout Started",
    "Cart Viewed",
    "Signed Up",
    "Coupon Applied",
    "Newsletter Opened",
    BROKEN_EVENT,
];

/// A user of the made-up shop.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) city: &'static str,
    pub(super) currency: &'static str,
}

const fn person(name: &'static str, city: &'static str, currency: &'static str) -> Person {
    Person {
        name,
        city,
        currency,
    }
}

pub(super) const PEOPLE: [Person; 12] = [
    person("Ada Quill", "Leeds", "GBP"),
    person("山田 花子", "大阪市", "JPY"),
    person("Дарья Лебедева", "Алматы", "KZT"),
    person("ليلى الحداد", "عمّان", "JOD"),
    person("José Ñandú 🌵", "San José", "CRC"),
    person("Zoë Ångström", "Malmö", "SEK"),
    person("Tom \"Tomcat\" O’Hara", "Galway", "EUR"),
    person("김하늘", "부산", "KRW"),
    person("Mira Vogel", "Köln", "EUR"),
    person("नीला शर्मा", "पुणे", "INR"),
    person("Sam Reed 🚲", "Portland", "USD"),
    person("Ελένη Μαύρου", "Πάτρα", "EUR"),
];

pub(super) const PRODUCTS: [&str; 8] = [
    "Enamel kettle",
    "抹茶碗 (小)",
    "Tea towel \\ 50×70",
    "Чайник заварочный",
    "Mug \"Monday\" ☕",
    "Copper funnel",
    "إبريق شاي",
    "Oolong <loose> & tin",
];
