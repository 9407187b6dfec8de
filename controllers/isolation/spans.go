// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"cmp"
	"slices"
)

// merge is the numbers of both lists, sorted and apart. The lists are not changed.
func merge(a, b []span) []span {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y span) int { return cmp.Compare(x.first, y.first) })
	merged := all[:1]
	for _, next := range all[1:] {
		last := &merged[len(merged)-1]
		if next.first <= last.last+1 {
			last.last = max(last.last, next.last)
			continue
		}
		merged = append(merged, next)
	}
	return merged
}

// overlap is the numbers in both lists.
func overlap(a, b []span) []span {
	var both []span
	for len(a) > 0 && len(b) > 0 {
		common := span{max(a[0].first, b[0].first), min(a[0].last, b[0].last)}
		if common.first <= common.last {
			both = append(both, common)
		}
		if a[0].last < b[0].last {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

// subtract is the numbers in a that are not in b.
func subtract(a, b []span) []span {
	var left []span
	for _, rest := range a {
		for _, gone := range b {
			if gone.last < rest.first || gone.first > rest.last {
				continue
			}
			if gone.first > rest.first {
				left = append(left, span{rest.first, gone.first - 1})
			}
			rest.first = gone.last + 1
		}
		if rest.first <= rest.last {
			left = append(left, rest)
		}
	}
	return left
}

// within says whether all numbers of a are in b.
func within(a, b []span) bool {
	return len(subtract(a, b)) == 0
}
