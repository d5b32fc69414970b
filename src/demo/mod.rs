//! Made-up data and a loopback server that behaves like the documented API.
