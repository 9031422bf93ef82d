use crate::{arithmetic::packed, bytes, Arguments, Example};
use touchstone_generate::Random;

/// Points and centroids of `d` coordinates each.
pub(crate) struct Clustering {
    pub shows: &'static str,
    pub d: usize,
    pub points: Vec<i8>,
    pub centroids: Vec<i8>,
}

impl Clustering {
    /// Points around the first so many of the centroids.
    pub(crate) fn random(shows: &'static str, seed: u64, d: usize, points: usize, k: usize, around: u32) -> Self {
        let mut random = Random::new(seed);
        let centroids: Vec<i8> = (0..k * d).map(|_| random.bits() as i8).collect();
        let mut cloud = Vec::with_capacity(points * d);
        for _ in 0..points {
            let centre = random.below(around) as usize;
            let coordinate = |&centre: &i8| centre.saturating_add(random.bits() as i8 / 2);
            cloud.extend(centroids[centre * d..][..d].iter().map(coordinate));
        }
        Clustering { shows, d, points: cloud, centroids }
    }

    pub(crate) fn points(&self) -> impl Iterator<Item = &[i8]> {
        self.points.chunks(self.d)
    }

    /// The index of the nearest centroid for each point.
    pub(crate) fn labels(&self) -> Vec<u32> {
        let distance =
            |a: &[i8], b: &[i8]| -> i32 { a.iter().zip(b).map(|(&a, &b)| (i32::from(a) - i32::from(b)).pow(2)).sum() };
        let nearest = |point| {
            let centroids = self.centroids.chunks(self.d).zip(0..);
            centroids.min_by_key(|(centroid, _)| distance(point, centroid)).map_or(0, |(_, index)| index)
        };
        self.points().map(nearest).collect()
    }

    pub(crate) fn d_words(&self) -> u32 {
        (self.d / 4) as u32
    }

    pub(crate) fn k(&self) -> u32 {
        (self.centroids.len() / self.d) as u32
    }

    fn arguments(&self) -> Arguments {
        Arguments {
            params: vec![self.d_words(), self.k()],
            inputs: vec![bytes(packed(&self.points)), bytes(packed(&self.centroids))],
            invocations: (self.points.len() / self.d) as u32,
        }
    }
}

pub(crate) fn cases() -> Vec<Clustering> {
    let extremes = [[-128; 16], [127; 16], [0; 16], [127; 16], [-128; 16]].concat();
    vec![
        Clustering::random("clusters", 50, 32, 203, 8, 8),
        Clustering::random("labels that no point has", 51, 16, 90, 11, 3),
        Clustering::random("two centroids", 52, 48, 33, 2, 2),
        Clustering {
            shows: "extremes, and the first of equal centroids",
            d: 16,
            points: [extremes.clone(), vec![-64; 16], vec![63; 16]].concat(),
            centroids: extremes[..64].to_vec(),
        },
    ]
}

pub(crate) fn examples() -> Vec<Example> {
    let example = |case: Clustering| Example { shows: case.shows, arguments: case.arguments(), output: case.labels() };
    cases().into_iter().map(example).collect()
}

pub(crate) fn work() -> Arguments {
    Clustering::random("", 53, 64, 1 << 15, 64, 64).arguments()
}
