// SPDX-License-Identifier: BSD-3-Clause

// Package consentresource reports on ConsentResources. So far a consent is recorded and checked at
// admission; it is not registered with the Resource Registry yet, and the status says so.
package consentresource
