use crate::{
    arithmetic::packed,
    bytes,
    kmeans_step::{cases, Clustering},
    kmeans_sums::Ranges,
    noise, Arguments, Example,
};

/// The means of the points with each label, to the nearest, halves away from 0; or the centroid, if there are none.
fn means(clustering: &Clustering, labels: &[u32]) -> Vec<i8> {
    let mut means = Vec::new();
    for (label, centroid) in (0..).zip(clustering.centroids.chunks(clustering.d)) {
        let members = || clustering.points().zip(labels).filter(|(_, own)| **own == label).map(|(point, _)| point);
        let count = members().count() as f64;
        let mean = |at: usize| {
            let sum: i32 = members().map(|point| i32::from(point[at])).sum();
            // Exact: twice a quotient of such small numbers has no rounding error when it is odd.
            if count == 0.0 {
                centroid[at]
            } else {
                (f64::from(sum) / count).round() as i8
            }
        };
        means.extend((0..clustering.d).map(mean));
    }
    means
}

fn arguments(ranges: &Ranges) -> Arguments {
    let (d_words, count) = (ranges.clustering.d_words(), ranges.count());
    Arguments {
        params: vec![d_words, count, count * (d_words + 1) * 4],
        inputs: vec![
            bytes(ranges.sums().into_iter().map(|sum| sum as u32)),
            bytes(packed(&ranges.clustering.centroids)),
        ],
        invocations: ranges.clustering.k() * d_words,
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let example = |(case, range): (Clustering, usize)| {
        let ranges = Ranges::of(case, range);
        let output = packed(&means(&ranges.clustering, &ranges.labels));
        Example { shows: ranges.clustering.shows, arguments: arguments(&ranges), output }
    };
    cases().into_iter().zip([64, 12, 4, 1024]).map(example).collect()
}

pub(crate) fn work() -> Arguments {
    let (k, d_words, ranges) = (1024, 16, 64);
    let sums_words = ranges * (d_words + 1) * 4;
    let sums = noise(57, (k * sums_words) as usize).into_iter().map(|word| word >> 16);
    Arguments {
        params: vec![d_words, ranges, sums_words],
        inputs: vec![bytes(sums), bytes(noise(58, (k * d_words) as usize))],
        invocations: k * d_words,
    }
}
