locals {
  config_text  = var.config_file == null ? "" : file(var.config_file)
  given_config = yamldecode(can(regex("(?m)^[^#\\s]", local.config_text)) ? local.config_text : "{}")

  # What the file of the user does not say of `gcp:`, and what has no variable.
  made_gcp = merge(
    { external_ip = false },
    length(module.network) == 0 ? {} : {
      network    = module.network[0].network
      subnetwork = module.network[0].subnetwork
    },
    length(var.image_mirrors) == 0 ? {} : {
      image_mirror = { for registry, mirror in module.registry : registry => mirror.address }
    },
  )
  config = merge(local.given_config, { gcp = merge(local.made_gcp, try(local.given_config.gcp, {})) })

  # Every sm://NAME of the file, comments apart: there is one list of secrets, and it is the list of those that are used.
  secrets = setsubtract(
    flatten(regexall("sm://([A-Za-z0-9_-]{1,255})", yamlencode(local.given_config))),
    ["projects"],
  )
}

resource "google_storage_bucket_object" "config" {
  bucket       = module.bucket["config"].name
  name         = "bioagent.yaml"
  content_type = "application/yaml"
  content      = <<-EOT
    # Written by Terraform${var.config_file == null ? "" : " from ${basename(var.config_file)}"}: change it there and apply; functions take it up with their next pass.
    ${indent(0, yamlencode(local.config))}
  EOT
}

resource "google_storage_bucket_object" "pipeline" {
  for_each = var.pipelines_folder == null ? toset([]) : fileset(var.pipelines_folder, "*.{yaml,yml,json}")

  bucket       = module.bucket["config"].name
  name         = "pipelines/${each.key}"
  content_type = endswith(each.key, ".json") ? "application/json" : "application/yaml"
  content      = file("${var.pipelines_folder}/${each.key}")
}

module "secret" {
  source     = "../secret"
  for_each   = local.secrets
  depends_on = [module.project_services]

  project_id = var.project_id
  name       = each.key
  protect    = var.protect
  # The poll delivers what the completion handler missed.
  readers = { for name in ["deliver", "poll"] : name => module.account[name].member }
}
