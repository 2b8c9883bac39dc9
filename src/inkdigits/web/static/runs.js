// Pieces in line with one another, from left to right, as Python's images/runs.py finds them.

// Runs of pieces, sorted by their columns: each is in line with the next, which is near.
export function runs(pieces, isNear, isInLine) {
  const found = [];
  const runOf = new Map(); // by the last of each
  pieces.forEach((piece, place) => {
    let before = place - 1;
    while (before >= 0 && isNear(pieces[before], piece) && !isInLine(pieces[before], piece))
      before -= 1;
    const last = before >= 0 && isNear(pieces[before], piece) ? pieces[before] : undefined;
    let run = runOf.get(last);
    if (run) runOf.delete(last);
    else found.push((run = []));
    run.push(piece);
    runOf.set(piece, run);
  });
  return found;
}
