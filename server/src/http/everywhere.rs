//! Questions to every partition, cut to what the caller may see of them.

use super::Service;
use super::parameters::Parameters;
use super::problem::Problem;
use super::read::blocking;
use crate::node;
use crate::shape::position_text;
use projections::answers::{Error, Shard};
use schemas::time::Date;

/// Waits for what the request asks for, then asks each partition. Every answer has its position.
pub async fn ask<T: Send + 'static>(
    service: Service,
    parameters: &Parameters,
    question: impl Fn(&Shard<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<(Vec<String>, Vec<T>), Problem> {
    parameters.caught_up(&service.node).await?;
    let cut = parameters.caller().cut.clone();
    blocking(move || {
        if service.node.places().is_empty() {
            return Err(Problem::from(node::Error::NoLog));
        }
        let (mut positions, mut answers) = (Vec::new(), Vec::new());
        for place in service.node.places() {
            let (position, answer) = place.answer_cut(&cut, |shard| Ok((shard.checkpoint().position, question(shard)?)))?;
            positions.push(position_text(place.partition(), position));
            answers.push(answer);
        }
        Ok((positions, answers))
    })
    .await
}

/// The date of an answer over all partitions: the oldest that is open on any of them, so that what is told holds for all. `None` before
/// one is opened.
pub fn oldest(dates: impl IntoIterator<Item = Option<Date>>) -> Option<Date> {
    dates.into_iter().flatten().min()
}
