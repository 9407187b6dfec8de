// SPDX-License-Identifier: BSD-3-Clause

// Package agreement reports on DataProcessingAgreements. So far an agreement is recorded and checked
// at admission; what it means for the Apps it covers is not worked out yet, and the status says so.
package agreement
