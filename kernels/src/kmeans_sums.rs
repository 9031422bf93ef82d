use crate::{
    arithmetic::packed,
    bytes,
    kmeans_step::{cases, Clustering},
    noise, Arguments, Example,
};

/// Points in ranges.
pub(crate) struct Ranges {
    pub clustering: Clustering,
    pub labels: Vec<u32>,
    pub range: usize,
}

impl Ranges {
    pub(crate) fn of(clustering: Clustering, range: usize) -> Self {
        Ranges { labels: clustering.labels(), clustering, range }
    }

    pub(crate) fn count(&self) -> u32 {
        self.labels.len().div_ceil(self.range) as u32
    }

    /// For each label, each range and each word the sums of its coordinates; then the number of points.
    pub(crate) fn sums(&self) -> Vec<i32> {
        let Clustering { d, points, .. } = &self.clustering;
        let mut sums = Vec::new();
        for label in 0..self.clustering.k() {
            for (points, labels) in points.chunks(self.range * d).zip(self.labels.chunks(self.range)) {
                let members = || points.chunks(*d).zip(labels).filter(|(_, own)| **own == label);
                let sum = |at: usize| members().map(|(point, _)| i32::from(point[at])).sum::<i32>();
                sums.extend((0..*d).map(sum));
                sums.extend([members().count() as i32, 0, 0, 0]);
            }
        }
        sums
    }

    fn arguments(&self) -> Arguments {
        let d_words = self.clustering.d_words();
        let (points, ranges, range) = (self.labels.len() as u32, self.count(), self.range as u32);
        Arguments {
            params: vec![points, d_words, ranges, range, range * d_words],
            inputs: vec![bytes(packed(&self.clustering.points)), bytes(self.labels.iter().copied())],
            invocations: self.clustering.k() * ranges * (d_words + 1),
        }
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let example = |(case, range): (Clustering, usize)| {
        let ranges = Ranges::of(case, range);
        let output = ranges.sums().into_iter().map(|sum| sum as u32).collect();
        Example { shows: ranges.clustering.shows, arguments: ranges.arguments(), output }
    };
    cases().into_iter().zip([64, 12, 4, 1024]).map(example).collect()
}

pub(crate) fn work() -> Arguments {
    let clustering = Clustering::random("", 54, 64, 1 << 14, 32, 32);
    let labels = noise(56, 1 << 14).into_iter().map(|word| word % 32).collect();
    Ranges { clustering, labels, range: 256 }.arguments()
}
