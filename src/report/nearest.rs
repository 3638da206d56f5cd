//! A word that is not known and those that are go in; the one that was likely meant comes out.

/// So many letters tell what a word that was broken off goes on to.
const BEGUN: usize = 3;

/// The candidate nearest to `word`, if one is near enough: a third of its letters may differ, or it is the only one that
/// goes on where the word ends.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    near(word, &candidates).or_else(|| {
        let begun = word.to_lowercase();
        let mut longer = candidates.iter().filter(|candidate| candidate.to_lowercase().starts_with(&begun));
        let only = longer.next().filter(|_| begun.chars().count() >= BEGUN);
        only.filter(|_| longer.next().is_none()).copied()
    })
}

fn near<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .iter()
        .copied()
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
