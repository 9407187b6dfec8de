// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

// What tests look into.
var (
	StorageNews = storageNews
	ToKeeper    = toKeeper
)
