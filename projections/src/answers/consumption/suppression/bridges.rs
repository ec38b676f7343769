//! Bridges of a graph: edges that are on no cycle. Two edges between the same vertices are a cycle.

/// An edge between two vertices.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Its vertices.
    pub ends: [usize; 2],
}

/// A vertex on the way from a root.
struct Step {
    vertex: usize,
    /// The edge that led here.
    by: Option<usize>,
    /// How many of its edges were followed.
    followed: usize,
}

/// The edges that are bridges, ascending.
pub fn find(vertices: usize, edges: &[Edge]) -> Vec<usize> {
    let mut at_vertex: Vec<Vec<usize>> = vec![Vec::new(); vertices];
    for (number, edge) in edges.iter().enumerate() {
        at_vertex[edge.ends[0]].push(number);
        at_vertex[edge.ends[1]].push(number);
    }
    // When a vertex was reached, and the earliest vertex that it leads back to.
    let (mut reached, mut earliest) = (vec![usize::MAX; vertices], vec![usize::MAX; vertices]);
    let (mut bridges, mut time) = (Vec::new(), 0);
    for root in 0..vertices {
        if reached[root] != usize::MAX {
            continue;
        }
        let mut way = vec![Step { vertex: root, by: None, followed: 0 }];
        while let Some(step) = way.last_mut() {
            let vertex = step.vertex;
            if step.followed == 0 {
                (reached[vertex], earliest[vertex]) = (time, time);
                time += 1;
            }
            let Some(edge) = at_vertex[vertex].get(step.followed).copied() else {
                let by = step.by;
                way.pop();
                if let (Some(parent), Some(by)) = (way.last(), by) {
                    earliest[parent.vertex] = earliest[parent.vertex].min(earliest[vertex]);
                    if earliest[vertex] > reached[parent.vertex] {
                        bridges.push(by);
                    }
                }
                continue;
            };
            step.followed += 1;
            if step.by == Some(edge) {
                continue;
            }
            let [a, b] = edges[edge].ends;
            let other = if a == vertex { b } else { a };
            if reached[other] == usize::MAX {
                way.push(Step { vertex: other, by: Some(edge), followed: 0 });
            } else {
                earliest[vertex] = earliest[vertex].min(reached[other]);
            }
        }
    }
    bridges.sort_unstable();
    bridges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_on_no_cycle_is_a_bridge() {
        let edges = |pairs: &[[usize; 2]]| pairs.iter().map(|ends| Edge { ends: *ends }).collect::<Vec<_>>();
        assert_eq!(find(2, &edges(&[[0, 1]])), [0]);
        assert_eq!(find(2, &edges(&[[0, 1], [0, 1]])), Vec::<usize>::new());
        // A square with a tail, and a pair apart.
        let bridges = find(7, &edges(&[[0, 1], [1, 2], [2, 3], [3, 0], [3, 4], [5, 6]]));
        assert_eq!(bridges, [4, 5]);
        // Two triangles joined by an edge.
        assert_eq!(find(6, &edges(&[[0, 1], [1, 2], [2, 0], [2, 3], [3, 4], [4, 5], [5, 3]])), [3]);
    }
}
