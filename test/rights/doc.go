// SPDX-License-Identifier: BSD-3-Clause

// Package rights holds, as tables to be read, who may do what: the operator by its roles, groups of service owners by
// theirs, and whoever reads metrics. The tables are complete, so that no right comes without a line that says why, and
// they are held to a real API server with what config/default installs.
package rights
