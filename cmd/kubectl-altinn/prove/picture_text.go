// SPDX-License-Identifier: BSD-3-Clause

package prove

// Where texts stand in boxes: x of their beginning or end, and y of their baselines.

// LabelX is where the label begins.
func (b Band) LabelX() int { return b.X + rowIndent + 2 }

// LabelY is the label's baseline.
func (b Band) LabelY() int { return b.Y + b.head/2 - 3 }

// DetailY is the baseline of what stands below the label.
func (b Band) DetailY() int { return b.Y + b.head/2 + 13 }

// LabelX is where the label begins.
func (r Row) LabelX() int { return r.X + 12 }

// EndX is where the detail ends.
func (r Row) EndX() int { return r.Right() - 12 }

// LabelY is the baseline.
func (r Row) LabelY() int { return r.Middle() + 5 }

// LabelX is where both lines begin.
func (o Outside) LabelX() int { return o.X + 20 }

// LabelY is the title's baseline.
func (o Outside) LabelY() int { return o.Middle() - 3 }

// DetailY is the baseline of the line below it.
func (o Outside) DetailY() int { return o.Middle() + 13 }
