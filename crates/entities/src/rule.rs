//! Rules of the server.

use std::collections::BTreeMap;

use db::PgConnection;
use serde::Serialize;

use crate::Id;

#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    pub id: Id,
    pub text: String,
    pub hint: String,
    /// By language.
    pub translations: BTreeMap<String, RuleTranslation>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RuleTranslation {
    pub text: String,
    pub hint: String,
}

impl Rule {
    /// All rules in force, in their order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_all(conn: &mut PgConnection) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT r.id AS "id!", r.text AS "text!", r.hint AS "hint!",
                   ARRAY(SELECT t.language FROM rule_translations t WHERE t.rule_id = r.id ORDER BY t.id) AS "languages!",
                   ARRAY(SELECT t.text FROM rule_translations t WHERE t.rule_id = r.id ORDER BY t.id) AS "texts!",
                   ARRAY(SELECT t.hint FROM rule_translations t WHERE t.rule_id = r.id ORDER BY t.id) AS "hints!"
            FROM rules r
            WHERE r.deleted_at IS NULL
            ORDER BY r.priority, r.id
            "#
        )
        .fetch_all(conn)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let texts = row.texts.into_iter().zip(row.hints).map(|(text, hint)| RuleTranslation { text, hint });
                Self {
                    id: Id(row.id),
                    text: row.text,
                    hint: row.hint,
                    translations: row.languages.into_iter().zip(texts).collect(),
                }
            })
            .collect())
    }
}
