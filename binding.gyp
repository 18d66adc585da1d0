{
  "targets": [
    {
      "target_name": "mpathd",
      "sources": [
        "<!@(node -p \"require('fs').readdirSync('native').filter((f) => f.endsWith('.cc') && !/(_test|_fuzz)\\.cc$/.test(f)).map((f) => 'native/' + f).join(' ')\")"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # Exceptions stay inside: node-addon-api turns Napi::Error and std::exception into
      # JavaScript exceptions at each function's edge. Where a worker is being ended there is no JavaScript
      # to throw them in any more: they are dropped there, instead of ending the process.
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "_GNU_SOURCE", "_FILE_OFFSET_BITS=64"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-pthread"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-fexceptions"],
      # nodelete: Node dlclose()s the addon when a worker ends, under the feet of a thread that
      # still hangs in a system call.
      "ldflags": ["-pthread", "-Wl,-z,nodelete"]
    }
  ]
}
