//! Figures for administrators. All numbers but rates are text.

use serde::{Deserialize, Serialize};

/// One figure over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminMeasure {
    pub key: String,
    /// `bytes`, or nothing for plain numbers.
    pub unit: Option<String>,
    pub total: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_value: Option<String>,
    /// Of the same length of time before; only where the total is that of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_total: Option<String>,
    pub data: Vec<DayValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayValue {
    /// A date, or midnight of it where Redis counts.
    pub date: String,
    pub value: String,
}

/// One figure by kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminDimension {
    pub key: String,
    pub data: Vec<KindValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindValue {
    pub key: String,
    pub human_key: String,
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_value: Option<String>,
}

/// Those who came at one time, and how many of them were seen at later times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdminCohort {
    pub period: String,
    pub frequency: String,
    pub data: Vec<CohortValue>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CohortValue {
    pub date: String,
    /// Between 0 and 1.
    pub rate: f64,
    pub value: String,
}
