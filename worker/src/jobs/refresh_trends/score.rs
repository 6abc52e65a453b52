//! How much of a trend something is: numbers only.

use chrono::{NaiveDateTime, TimeDelta};

/// Fewer accounts today are no trend.
const THRESHOLD: f64 = 5.0;
/// For so long the best score stands against a lower one.
const COOLDOWN: TimeDelta = TimeDelta::days(2);

/// How far `observed` exceeds what was expected; nothing expected counts as one.
pub(super) fn score(expected: u64, observed: u64) -> f64 {
    let (expected, observed) = (number(expected).max(1.0), number(observed));
    if observed < expected || observed < THRESHOLD { 0.0 } else { (observed - expected).powi(2) / expected }
}

/// `score` after `age` in which half of it is lost each `half_life`.
pub(super) fn decayed(score: f64, age: TimeDelta, half_life: TimeDelta) -> f64 {
    let seconds = |span: TimeDelta| span.to_std().map_or(0.0, |span| span.as_secs_f64());
    score * 0.5_f64.powf(seconds(age) / seconds(half_life))
}

/// The best score of late, and since when it has been losing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    pub(super) score: f64,
    pub(super) at: NaiveDateTime,
    /// It is today's, and better than what was known.
    pub(super) is_new: bool,
}

/// A former best is forgotten after two days. `None` if there is none and today's is nothing.
pub(super) fn peak(today: f64, former: (Option<f64>, Option<NaiveDateTime>), now: NaiveDateTime) -> Option<Peak> {
    let former = match former {
        (Some(score), Some(at)) if at >= now - COOLDOWN && score > 0.0 => Some((score, at)),
        _ => None,
    };
    match former {
        Some((score, at)) if today <= score => Some(Peak { score, at, is_new: false }),
        _ if today > 0.0 => Some(Peak { score: today, at: now, is_new: true }),
        _ => None,
    }
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::{decayed, peak, score};

    #[test]
    fn fewer_than_five_or_fewer_than_yesterday_is_no_trend() {
        assert_eq!(score(0, 4), 0.0);
        assert_eq!(score(10, 9), 0.0);
        assert_eq!(score(0, 0), 0.0);
    }

    // (observed - expected)² / expected, with one expected where nobody was.
    #[test]
    fn what_exceeds_yesterday_scores_by_its_square() {
        assert_eq!(score(0, 5), 16.0);
        assert_eq!(score(1, 5), 16.0);
        assert_eq!(score(4, 10), 9.0);
        assert_eq!(score(10, 10), 0.0);
    }

    #[test]
    fn half_is_lost_in_each_half_life_and_nothing_in_the_future() {
        let hours = TimeDelta::hours;
        assert_eq!(decayed(16.0, hours(0), hours(4)), 16.0);
        assert_eq!(decayed(16.0, hours(4), hours(4)), 8.0);
        assert_eq!(decayed(16.0, hours(16), hours(4)), 1.0);
        assert_eq!(decayed(16.0, hours(-4), hours(4)), 16.0);
    }

    #[test]
    fn the_best_score_of_two_days_stands_until_it_is_beaten() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap().naive_utc();
        let ago = |hours| Some(now - TimeDelta::hours(hours));
        let kept = peak(9.0, (Some(16.0), ago(3)), now).unwrap();
        assert_eq!((kept.score, Some(kept.at), kept.is_new), (16.0, ago(3), false));
        let beaten = peak(17.0, (Some(16.0), ago(3)), now).unwrap();
        assert_eq!((beaten.score, beaten.at, beaten.is_new), (17.0, now, true));
        let forgotten = peak(9.0, (Some(16.0), ago(49)), now).unwrap();
        assert_eq!((forgotten.score, forgotten.at), (9.0, now));
        assert_eq!(peak(0.0, (Some(16.0), ago(49)), now), None);
        assert_eq!(peak(0.0, (None, None), now), None);
    }
}
