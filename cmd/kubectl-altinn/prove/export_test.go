// SPDX-License-Identifier: BSD-3-Clause

package prove

// Lanes says in which lane each call from one row to another is drawn.
func Lanes(ends [][2]int) []int {
	calls := make([]*call, 0, len(ends))
	for _, end := range ends {
		calls = append(calls, &call{from: end[0], to: end[1]})
	}
	lanes(calls)
	result := make([]int, 0, len(calls))
	for _, c := range calls {
		result = append(result, c.lane)
	}
	return result
}
