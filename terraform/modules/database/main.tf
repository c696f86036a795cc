locals {
  indexes_json = jsondecode(file(var.indexes_file))
  indexes = {
    for index in local.indexes_json.indexes :
    join("/", concat(
      [index.collectionGroup, try(index.queryScope, "COLLECTION")],
      [for field in index.fields : "${field.fieldPath}:${try(field.order, field.arrayConfig)}"],
    )) => index
  }
  overrides = {
    for override in try(local.indexes_json.fieldOverrides, []) :
    "${override.collectionGroup}/${override.fieldPath}" => override
  }
}

# A named database: a `(default)` one may exist already, and may be somebody's Datastore.
resource "google_firestore_database" "main" {
  project                           = var.project_id
  name                              = var.database
  location_id                       = var.location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "PESSIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_DISABLED"
  delete_protection_state           = var.protect ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.protect ? "ABANDON" : "DELETE"
}

resource "google_firestore_index" "main" {
  for_each = local.indexes

  project     = var.project_id
  database    = google_firestore_database.main.name
  collection  = each.value.collectionGroup
  query_scope = try(each.value.queryScope, "COLLECTION")

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }
}

# An override replaces a field's default indexes; with an empty list it exempts the field.
resource "google_firestore_field" "main" {
  for_each = local.overrides

  project    = var.project_id
  database   = google_firestore_database.main.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  dynamic "index_config" {
    for_each = can(each.value.indexes) ? [each.value.indexes] : []
    content {
      dynamic "indexes" {
        for_each = index_config.value
        content {
          query_scope  = try(indexes.value.queryScope, "COLLECTION")
          order        = try(indexes.value.order, null)
          array_config = try(indexes.value.arrayConfig, null)
        }
      }
    }
  }

  dynamic "ttl_config" {
    for_each = try(each.value.ttl, false) ? [true] : []
    content {}
  }
}

resource "google_firebaserules_ruleset" "main" {
  project = var.project_id

  source {
    files {
      name    = "firestore.rules"
      content = file(var.rules_file)
    }
  }
}

# The rules of a named database are the release `cloud.firestore/NAME`; plain `cloud.firestore` is the default database's.
resource "google_firebaserules_release" "main" {
  project      = var.project_id
  name         = "cloud.firestore/${google_firestore_database.main.name}"
  ruleset_name = "projects/${var.project_id}/rulesets/${google_firebaserules_ruleset.main.name}"

  lifecycle {
    replace_triggered_by = [google_firebaserules_ruleset.main]
  }
}
