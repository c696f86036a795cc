locals {
  # Bucket names are the whole world's: the project's id keeps them apart.
  made_buckets = merge(
    {
      code   = { keep_versions = 3, soft_delete_days = null }
      config = { keep_versions = 20, soft_delete_days = null }
      # Rewritten up to once a minute: every kept version would be paid for.
      ledger = { keep_versions = 0, soft_delete_days = 0 }
    },
    length(var.input_buckets) > 0 ? {} : { inputs = { keep_versions = 0, soft_delete_days = null } },
    var.output_bucket != null ? {} : { results = { keep_versions = 0, soft_delete_days = null } },
  )
  input_buckets  = length(var.input_buckets) > 0 ? var.input_buckets : toset([local.bucket_names["inputs"]])
  results_bucket = coalesce(var.output_bucket, try(local.bucket_names["results"], null))
  bucket_names   = { for key in keys(local.made_buckets) : key => "${var.name}-${var.project_id}-${key}" }
}

module "bucket" {
  source     = "../bucket"
  for_each   = local.made_buckets
  depends_on = [module.project_services]

  project_id       = var.project_id
  name             = local.bucket_names[each.key]
  location         = var.region
  protect          = var.protect
  keep_versions    = each.value.keep_versions
  soft_delete_days = each.value.soft_delete_days
}
