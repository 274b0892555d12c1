//! Where hotspots are: significant, on the street network, in time. Definitions and sources stand with each module.
