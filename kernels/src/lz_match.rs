use crate::{Arguments, Example};
use touchstone_generate::Random;

/// A text, and how to search it.
struct Search {
    shows: &'static str,
    text: Vec<u8>,
    window: usize,
    max_length: usize,
    chain: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Match {
    length: usize,
    distance: usize,
}

impl Search {
    /// Bytes of few kinds, with pieces that were there before.
    fn random(shows: &'static str, seed: u64, length: usize, kinds: u32) -> Self {
        let mut random = Random::new(seed);
        let mut text: Vec<u8> = Vec::with_capacity(length);
        while text.len() < length {
            if text.len() > 40 && random.one_in(2) {
                let from = random.below(text.len() as u32 - 1) as usize;
                let piece = text[from..].iter().copied().take(1 + random.below(40) as usize).collect::<Vec<_>>();
                text.extend(piece);
            } else {
                text.extend((0..1 + random.below(12)).map(|_| b'a' + random.below(kinds) as u8));
            }
        }
        text.truncate(length);
        Search { shows, text, window: 300, max_length: 32, chain: 8 }
    }

    /// The longest match of a position among the nearest `chain`, of several the nearest.
    fn at(&self, position: usize) -> Option<Match> {
        let length = |distance: usize| {
            let here = self.text[position..].iter().take(self.max_length);
            here.zip(&self.text[position - distance..]).take_while(|(a, b)| a == b).count()
        };
        let matches = (1..=self.window.min(position)).map(|distance| Match { length: length(distance), distance });
        let chain = matches.filter(|found| found.length >= 4).take(self.chain);
        chain.reduce(|best, other| if other.length > best.length { other } else { best })
    }

    fn matches(&self) -> impl Iterator<Item = Match> + '_ {
        (0..self.text.len()).map(|position| self.at(position).unwrap_or_default())
    }

    fn arguments(&self) -> Arguments {
        let mut text = self.text.clone();
        text.resize(text.len().next_multiple_of(4), 0);
        let params = [self.text.len(), self.window, self.max_length, self.chain];
        Arguments {
            params: params.map(|param| param as u32).to_vec(),
            inputs: vec![text],
            invocations: self.text.len() as u32,
        }
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let example = |search: Search| Example {
        shows: search.shows,
        arguments: search.arguments(),
        output: search.matches().map(|found| (found.length << 16 | found.distance) as u32).collect(),
    };
    let zeros = b"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000001".to_vec();
    let random = |shows, seed, kinds| Search::random(shows, seed, 700, kinds);
    let searches = vec![
        random("pieces of a text again", 60, 20),
        Search { window: 5, max_length: 9, ..random("a narrow window", 61, 2) },
        Search { window: 699, max_length: 258, chain: 32, ..random("the whole text, long chains", 62, 2) },
        Search { chain: 1, max_length: 4, ..random("the nearest four bytes", 63, 3) },
        Search { max_length: 258, ..Search::random("a text that ends inside a word", 64, 103, 3) },
        Search { text: zeros, max_length: 70, ..random("a run, matching itself", 65, 2) },
    ];
    searches.into_iter().map(example).collect()
}

pub(crate) fn work() -> Arguments {
    Search { window: 1024, max_length: 64, ..Search::random("", 66, 1 << 16, 26) }.arguments()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_from_its_matches() {
        let search = Search { window: 3000, ..Search::random("", 67, 3000, 20) };
        let matches: Vec<Match> = search.matches().collect();
        let (mut text, mut items) = (Vec::new(), 0);
        while text.len() < search.text.len() {
            let Match { length, distance } = matches[text.len()];
            if length == 0 {
                text.push(search.text[text.len()]);
            }
            for _ in 0..length {
                text.push(text[text.len() - distance]);
            }
            items += 1;
        }
        println!("{} bytes from {items} matches and letters", text.len());
        assert_eq!(text, search.text);
        assert!(items < text.len() / 2, "{items}");
    }
}
